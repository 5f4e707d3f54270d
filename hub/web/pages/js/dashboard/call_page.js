// One call: what is said as it is said, what happened beside it, and what can be done from here.
import { html, useEffect, useFollowing, useState } from "../dom.js";
import { ask } from "../http.js";
import { Actions } from "./call_actions.js";
import { follow } from "./live.js";
import { Pending } from "./pending.js";
import { Empty, JoinLink, State, useNow } from "./pieces.js";
import { Recording } from "./recording.js";
import { Timeline } from "./timeline.js";
import { ago, CALL_STATES, duration, endedOf, MODES, moment, ROLES, stateOf, timeOfDay } from "./words.js";

const LISTED = 100;

/** Everything the hub tells about the call, put together: {call, turns, events, listed}. */
function useCall(id, tell) {
  const [data, setData] = useState({ call: null, turns: new Map(), events: new Map(), listed: null, at: 0 });
  useEffect(() => {
    const onCall = (call) =>
      setData((old) => ({ ...old, call, at: Date.now(), events: new Map([...old.events, ...(call.events || []).map((event) => [event.n, event])]) }));
    const onTurns = ({ turns }) => setData((old) => ({ ...old, turns: new Map([...old.turns, ...turns.map((turn) => [turn.n, turn])]) }));
    return follow(`/api/live/calls/${id}`, `/api/calls/${id}`, { call: onCall, turns: onTurns }, tell);
  }, [id]);
  const status = data.call?.status;
  useEffect(() => {
    if (!status) return;
    const found = ({ calls }) => setData((old) => ({ ...old, listed: calls.find((call) => call.call_id === id) || null }));
    ask("GET", `/api/calls?limit=${LISTED}`).then(found, () => {});
  }, [id, status]);
  return data;
}

const inOrder = (map) => [...map.values()].sort((one, other) => one.n - other.n);

function Turn({ turn, made }) {
  const rest = turn.interrupted ? html`<span class="soft small"> (cut off)</span>` : "";
  return html`
    <li data-role=${turn.role} data-final=${String(turn.final)}>
      <span class="who">${ROLES[turn.role] || turn.role}<span class="number soft"> ${timeOfDay(made, turn.t)}</span></span>
      <span class="text">${turn.text}${!turn.final && "…"}</span>${rest}
    </li>
  `;
}

function Transcript({ turns, call, made }) {
  const [list, scrolled] = useFollowing();
  const shown = inOrder(turns);
  return html`
    <section class="card" aria-labelledby="transcript-title">
      <h2 id="transcript-title">Transcript</h2>
      ${shown.length
        ? html`<ol id="transcript" class="turns" ref=${list} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-labelledby="transcript-title">${shown.map((turn) => html`<${Turn} key=${turn.n} turn=${turn} made=${made} />`)}</ol>`
        : html`<${Empty} title=${call.done ? "Nothing was said" : "Nothing has been said yet"}>${call.done ? "" : "Every word appears here as it is spoken, and stays."}<//>`}
    </section>
  `;
}

/** Spoken calls that are not over can be joined by their link. */
function Join({ id, call, mode }) {
  const [url, setUrl] = useState("");
  const open = !call.done && mode === "browser";
  useEffect(() => {
    if (open) ask("GET", `/api/calls/${id}/link`).then((link) => setUrl(link.join_url), () => setUrl(""));
  }, [id, open]);
  if (!open || !url) return null;
  return html`
    <section class="card" aria-labelledby="join-title">
      <h2 id="join-title">${call.status === "in_progress" ? "The caller's link" : "Waiting for the caller"}</h2>
      <p class="soft small">Whoever opens this link can talk with the agent. It is good for 60 minutes.</p>
      <${JoinLink} url=${url} />
    </section>
  `;
}

function Ending({ call }) {
  if (!call.done) return null;
  const reason = endedOf(call.ended_reason);
  return html`<p class=${`note ${reason.bad ? "bad" : ""}`} id="ended">The call is over: ${reason.word}. ${reason.next || ""}</p>`;
}

function Latency({ latency }) {
  if (!latency) return null;
  return html`
    <section class="card" aria-labelledby="latency-title">
      <h2 id="latency-title">Time to answer</h2>
      <p class="soft small">From the end of the caller's words to the agent's first.</p>
      <dl class="figures" id="latency">
        <div><dt>Half of the turns within</dt><dd class="number">${latency.p50.toFixed(2)} s</dd></div>
        <div><dt>95 of 100 within</dt><dd class="number">${latency.p95.toFixed(2)} s</dd></div>
        <div><dt>Turns measured</dt><dd class="number">${latency.turns.length ?? latency.turns}</dd></div>
      </dl>
    </section>
  `;
}

export function CallPage({ id, tell }) {
  const { call, turns, events, listed, at } = useCall(id, tell);
  const now = useNow();
  const goal = call?.goal || listed?.goal || "";
  useEffect(() => {
    document.title = `${goal || "A call"} · voice hub`;
  }, [goal]);
  if (!call) return html`<p class="soft loading" role="status">Looking up the call…</p>`;
  const mode = call.mode || listed?.mode;
  const made = moment(call.created_at ?? listed?.created_at);
  const going = call.status === "in_progress" && call.duration_s > 0;
  const seconds = going ? call.duration_s + (now - at) / 1000 : call.duration_s;
  const state = call.done && endedOf(call.ended_reason).bad ? { word: "ended", tone: "bad" } : stateOf(CALL_STATES, call.status);
  const facts = [MODES[call.rehearsal ? "rehearsal" : mode], made && `made ${ago(made / 1000, now)}`, seconds > 0 && duration(seconds)].filter(Boolean);
  return html`
    <div class="headline stack">
      <div class="row"><span id="call-state"><${State} of=${state} /></span><span class="soft small number">${facts.join(" · ")}</span></div>
      <h1>${goal || "A call"}</h1>
      <${Ending} call=${call} />
    </div>
    <div class="columns">
      <div class="stack">
        ${!call.done && html`<${Pending} id=${id} call=${call} />`}
        <${Transcript} turns=${turns} call=${call} made=${made} />
        ${!call.done && html`<${Actions} id=${id} mode=${mode} />`}
      </div>
      <div class="stack">
        <${Join} id=${id} call=${call} mode=${mode} />
        ${call.recording && html`<${Recording} id=${id} call=${call} />`}
        <${Timeline} call=${id} waiting=${call.pending_action?.tool} events=${inOrder(events)} done=${call.done} made=${made} />
        <${Latency} latency=${call.latency} />
      </div>
    </div>
  `;
}
