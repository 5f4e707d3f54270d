// What happened in a call beside the words: tools, states, providers, orders from outside.
import { html, useFollowing } from "../dom.js";
import { Empty } from "./pieces.js";
import { CALL_STATES, endedOf, milliseconds, stateOf, timeOfDay } from "./words.js";

/** Each ToolCall is one row from its beginning to its end; turns stand in the transcript. */
function rows(events) {
  const made = [];
  const tools = new Map();
  for (const event of events) {
    const begun = event.kind === "tool_ended" && tools.get(event.tool_call);
    if (event.kind === "turn") continue;
    if (begun) Object.assign(begun, { ended: event });
    else made.push({ ...event, ended: event.kind === "tool_ended" ? event : null });
    if (event.kind === "tool_started" && event.tool_call) tools.set(event.tool_call, made.at(-1));
  }
  return made;
}

function ToolRow({ row, done }) {
  const { ended } = row;
  const running = !ended && !done;
  const tone = running ? "wait" : !ended || ended.ok === false ? "bad" : "good";
  const outcome = running ? "running" : !ended ? "not finished" : ended.ok === false ? "did not work" : typeof ended.ms === "number" ? milliseconds(ended.ms) : "done";
  const told = ended?.text;
  return html`
    <span class="row apart"><code>${row.tool || row.text}</code><span class="state small" data-tone=${tone}>${outcome}</span></span>
    ${(row.arguments && Object.keys(row.arguments).length > 0) || told
      ? html`<details><summary class="soft small">${ended?.ok === false ? "What went wrong" : "Arguments and answer"}</summary>
          ${row.arguments && html`<pre>${JSON.stringify(row.arguments, null, 2)}</pre>`}${told && html`<pre>${told}</pre>`}</details>`
      : ""}
  `;
}

function words(row) {
  if (row.kind === "status" && row.ended_reason) return `The call ended: ${endedOf(row.ended_reason).word}.`;
  if (row.kind === "status" && row.status && row.status !== "ended") return `The call is ${stateOf(CALL_STATES, row.status).word}.`;
  if (row.kind === "operator") return `From outside: ${row.text}`;
  const text = row.text || row.kind.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function Row({ row, done, made }) {
  const tool = row.kind === "tool_started" || row.kind === "tool_ended";
  const bad = row.kind === "error" || (row.kind === "provider" && row.ok !== true);
  return html`
    <li data-kind=${row.kind}>
      <span class="soft small number">${timeOfDay(made, row.t)}</span>
      <div>${tool ? html`<${ToolRow} row=${row} done=${done} />` : html`<span class=${bad ? "bad" : ""}>${words(row)}</span>`}</div>
    </li>
  `;
}

export function Timeline({ events, done, made }) {
  const shown = rows(events);
  const [list, scrolled] = useFollowing();
  return html`
    <section class="card" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      ${shown.length
        ? html`<ol id="timeline" class="timeline" ref=${list} onScroll=${scrolled} tabindex="0" aria-labelledby="timeline-title">${shown.map((row) => html`<${Row} key=${row.n} row=${row} done=${done} made=${made} />`)}</ol>`
        : html`<${Empty} title="Nothing yet">Tools that the agent uses, and whatever else happens, appear here.<//>`}
    </section>
  `;
}
