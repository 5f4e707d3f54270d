// What waits for approval of one server: how it was, how it would be, and a button for each change and for all.
import { html, useEffect, useState } from "../dom.js";
import { ask } from "../http.js";
import { Trouble, useAsk } from "./pieces.js";
import { ago, PARTS, plural } from "./words.js";

const AT = { server: "", twin: "of its read-only twin", both: "at its read-only twin as well" };
const MARKS = { "+": "ins", "-": "del" };

export const waits = (count) => `${plural(count, "change")} ${count === 1 ? "waits" : "wait"} for approval`;

/** A line that was added or taken away says so to a screen reader too. */
function Line({ line }) {
  const Mark = MARKS[line.sign] || "span";
  return html`<${Mark} class="line" data-sign=${line.sign}><span class="sign" aria-hidden="true">${line.sign === "@" ? "⋯" : line.sign}</span><span>${line.text || "\u00a0"}</span><//>`;
}

function Change({ change, now, busy, approve }) {
  const at = AT[change.at.length > 1 ? "both" : change.at[0]];
  return html`
    <li class="item change" data-change=${`${change.part}/${change.name}`}>
      <span class="row apart">
        <span class="row"><strong class="name">${change.part === "instructions" ? PARTS.instructions : change.label}</strong>
          ${change.part !== "instructions" && html`<span class="badge">${PARTS[change.part] || change.part}</span>`}
          <span class=${change.new ? "badge accent" : "badge warn"}>${change.new ? "new" : "changed"}</span>
        </span>
        <button type="button" class="compact approve" disabled=${busy} onClick=${approve}>Approve</button>
      </span>
      <span class="soft small">${[`first seen ${ago(change.since, now)}`, at].filter(Boolean).join(", ")}</span>
      ${change.fields.map((field) => html`
        <figure class="difference" key=${field.field}>
          <figcaption class="small">${field.field}</figcaption>
          <div class="differing" tabindex="0">${field.lines.map((line, index) => html`<${Line} key=${index} line=${line} />`)}</div>
        </figure>`)}
    </li>
  `;
}

/** Read anew whenever the server is; what is approved is what stands here, and the hub refuses anything else. */
export function Waiting({ server, now, reload }) {
  const [changes, setChanges] = useState([]);
  const [told, setTold] = useState("");
  const [run, busy, error] = useAsk();
  const name = encodeURIComponent(server.name);
  const load = () => ask("GET", `/api/pins?server=${name}`).then(({ servers }) => setChanges(servers.flatMap((one) => one.waiting)), () => {});
  useEffect(() => {
    if (server.waiting) load();
    else setChanges([]);
  }, [server]);
  const approve = async (some, names) => {
    setTold("");
    const done = await run("POST", `/api/servers/${name}/approve`, { names, seen: some.map((change) => change.id) });
    if (done) setTold(`Approved: ${done.approved.map((change) => change.label).join(", ")}.`);
    await load();
    reload();
  };
  if (!changes.length) return html`<p class=${told ? "note good" : "unseen"} role="status" id="approved">${told}</p>`;
  return html`
    <section class="card waiting" id="waiting" aria-labelledby="waiting-title">
      <div class="row apart">
        <h2 id="waiting-title">${waits(changes.length)}</h2>
        ${changes.length > 1 && html`<button type="button" class="compact primary" id="approve-all" disabled=${busy} onClick=${() => approve(changes, null)}>Approve all ${changes.length}</button>`}
      </div>
      <p class="soft small">Until then models read what changed as it was, and nothing of what is new.</p>
      <p class=${told ? "small" : "unseen"} role="status" id="approved">${told}</p>
      <${Trouble} error=${error} />
      <ul class="items">
        ${changes.map((change) => html`<${Change} key=${`${change.part}/${change.name}/${change.id}`} change=${change} now=${now} busy=${busy} approve=${() => approve([change], [`${change.part}/${change.name}`])} />`)}
      </ul>
    </section>
  `;
}
