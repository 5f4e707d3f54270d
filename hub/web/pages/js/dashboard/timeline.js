// What happened in a call beside the words: tools, states, providers, orders from outside.
import { html, useEffect, useFollowing, useState } from "../dom.js";
import { ask } from "../http.js";
import { CopyButton, Empty, Trouble } from "./pieces.js";
import { CALL_STATES, endedOf, milliseconds, stateOf, timeOfDay } from "./words.js";

const KNOWN = "the agent knows it now";

/** Each ToolCall is one row from its beginning to its end; turns stand in the transcript. */
function rows(events) {
  const made = [];
  const tools = new Map();
  for (const event of events) {
    const begun = event.kind === "tool_ended" && tools.get(event.tool_call);
    if (event.kind === "turn" || event.text === KNOWN) continue; // a line of the caller's, which the transcript has
    if (begun) Object.assign(begun, { ended: event });
    else made.push({ ...event, ended: event.kind === "tool_ended" ? event : null });
    if (event.kind === "tool_started" && event.tool_call) tools.set(event.tool_call, made.at(-1));
  }
  return made;
}

/** All that a ToolCall gave; its event has only the beginning. */
function Whole({ call, row }) {
  const [got, setGot] = useState({});
  useEffect(() => {
    ask("GET", `/api/calls/${call}/results/${row.tool_call}`).then(({ result }) => setGot({ result }), (error) => setGot({ error }));
  }, [call, row.tool_call]);
  if (got.error) return html`<${Trouble} error=${got.error} />`;
  if (!got.result) return html`<p class="soft small" role="status">Fetching the answer…</p>`;
  const { rows: shown, total, text } = got.result;
  const whole = shown ? JSON.stringify(shown, null, 2) : text;
  const count = shown && (shown.length < total ? `The first ${shown.length} of ${total} rows` : total === 1 ? "1 row" : `${total} rows`);
  return html`
    <div class="row apart"><span class="soft small number">${count || "The answer"}</span><span><${CopyButton} text=${whole} /></span></div>
    <pre class="whole" tabindex="0" aria-label="The answer">${whole}</pre>
  `;
}

function ToolDetails({ call, row }) {
  const [open, setOpen] = useState(false);
  const { ended } = row;
  const failed = ended?.ok === false;
  return html`
    <details onToggle=${(event) => setOpen(event.currentTarget.open)}><summary class="soft small">${failed ? "What went wrong" : "Arguments and answer"}</summary>
      ${row.arguments && html`<pre>${JSON.stringify(row.arguments, null, 2)}</pre>`}
      ${open && ended && (failed ? html`<pre>${ended.text}</pre>` : html`<${Whole} call=${call} row=${row} />`)}</details>
  `;
}

function ToolRow({ call, row, done, waiting }) {
  const { ended } = row;
  const running = !ended && !done;
  const asked = running && waiting === row.tool;
  const tone = running ? "wait" : !ended || ended.ok === false ? "bad" : "good";
  const outcome = asked ? "waiting for a yes" : running ? "running" : !ended ? "not finished" : ended.ok === false ? "did not work" : typeof ended.ms === "number" ? milliseconds(ended.ms) : "done";
  return html`
    <span class="row apart"><code>${row.tool || row.text}</code><span class="state small" data-tone=${tone}>${outcome}</span></span>
    ${(row.arguments && Object.keys(row.arguments).length > 0) || ended?.text ? html`<${ToolDetails} call=${call} row=${row} />` : ""}
  `;
}

function words(row) {
  if (row.kind === "status" && row.ended_reason) return `The call ended: ${endedOf(row.ended_reason).word}.`;
  if (row.kind === "status" && row.status && row.status !== "ended") return `The call is ${stateOf(CALL_STATES, row.status).word}.`;
  if (row.kind === "operator") return `From outside: ${row.text}`;
  const text = row.text || row.kind.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function Row({ call, row, done, made, waiting }) {
  const tool = row.kind === "tool_started" || row.kind === "tool_ended";
  const bad = row.kind === "error" || (row.kind === "provider" && row.ok !== true);
  return html`
    <li data-kind=${row.kind}>
      <span class="soft small number">${timeOfDay(made, row.t)}</span>
      <div>${tool ? html`<${ToolRow} call=${call} row=${row} done=${done} waiting=${waiting} />` : html`<span class=${bad ? "bad" : ""}>${words(row)}</span>`}</div>
    </li>
  `;
}

export function Timeline({ call, events, done, made, waiting }) {
  const shown = rows(events);
  const [list, scrolled] = useFollowing();
  return html`
    <section class="card" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      ${shown.length
        ? html`<ol id="timeline" class="timeline" ref=${list} onScroll=${scrolled} tabindex="0" aria-labelledby="timeline-title">${shown.map((row) => html`<${Row} key=${row.n} call=${call} row=${row} done=${done} made=${made} waiting=${waiting} />`)}</ol>`
        : html`<${Empty} title="Nothing yet">Tools that the agent uses, and whatever else happens, appear here.<//>`}
    </section>
  `;
}
