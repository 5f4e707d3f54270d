// The overview: is everything up, which calls are there, which servers, and what is wrong with servers.json.
import { html, useEffect, useState } from "../dom.js";
import { follow } from "./live.js";
import { NewCall } from "./new_call.js";
import { Empty, State, useNow } from "./pieces.js";
import { waits } from "./waiting.js";
import { ago, CALL_STATES, duration, endedOf, KINDS, milliseconds, MODES, moment, plural, SERVER_STATES, stateOf, TRANSPORTS } from "./words.js";

function Problems({ problems }) {
  if (!problems.length) return null;
  return html`
    <section class="card problems" aria-labelledby="problems-title">
      <h2 id="problems-title">${plural(problems.length, "problem")}${problems.some((problem) => problem.file) ? "" : " in servers.json"}</h2>
      <ul>
        ${problems.map((problem, index) => html`
          <li key=${index} data-severity=${problem.severity || "error"}>
            <p><strong>${problem.message}</strong></p>
            <p class="soft small"><code>${problem.file || problem.path}</code>${problem.line ? `, line ${problem.line}` : ""}</p>
            ${problem.remedy && html`<p>${problem.remedy}</p>`}
          </li>`)}
      </ul>
    </section>
  `;
}

function Countdown({ at, now }) {
  const seconds = Math.ceil((moment(at) - now) / 1000);
  return html`<span class="number">${seconds > 0 ? `next attempt in ${duration(seconds)}` : "trying now"}</span>`;
}

function Server({ server, now }) {
  const state = stateOf(SERVER_STATES, server.state);
  const timed = typeof server.p50_ms === "number";
  const facts = [
    TRANSPORTS[server.transport] || server.transport,
    server.state === "ready" && plural(server.tools ?? 0, "tool"),
    server.era,
    server.sessions > 0 && plural(server.sessions, "session"),
    server.restarts > 0 && `restarted ${server.restarts === 1 ? "once" : `${server.restarts} times`}`,
  ].filter(Boolean);
  return html`
    <li class="item" data-server=${server.name}>
        <span class="row apart"><a class="cover" href=${`/servers/${encodeURIComponent(server.name)}`}>${server.name}</a><${State} of=${state} /></span>
        <span class="soft small">${facts.join(" · ")}</span>
        ${server.last_error && (server.state !== "ready" || server.edit_error) && html`<span class="error small">${server.last_error}</span>`}
        ${server.next_attempt_at && server.state === "backoff" && html`<span class="small"><${Countdown} at=${server.next_attempt_at} now=${now} /></span>`}
        ${server.waiting > 0 && html`<span class="small"><span class="badge warn">${waits(server.waiting)}</span></span>`}
        ${(server.twin || timed) && html`<span class="row small soft">
          ${server.twin && html`<span class="badge accent" title="A second session that cannot write; calls use this one.">read-only twin ${stateOf(SERVER_STATES, server.twin).word}</span>`}
          ${timed && html`<span class="number" title="How long its answers take: half of them less, 95 of 100 less">${milliseconds(server.p50_ms)} / ${milliseconds(server.p95_ms)}</span>`}
        </span>`}
    </li>
  `;
}

function Servers({ status, now }) {
  return html`
    <section class="card" aria-labelledby="servers-title">
      <h2 id="servers-title">Servers</h2>
      ${status.servers.length
        ? html`<ul class="items two" id="servers">${status.servers.map((server) => html`<${Server} key=${server.name} server=${server} now=${now} />`)}</ul>`
        : html`<${Empty} title="No servers yet">Add one under <code>mcpServers</code> in <code>${status.config}</code> and save; it appears here by itself. <code>hub import claude-desktop</code> copies those you already have.<//>`}
    </section>
  `;
}

/** "ended" and why, or how long it has been going on. */
function outcome(call, now) {
  if (call.status === "ended") return endedOf(call.ended_reason).word;
  const started = moment(call.started_at);
  return started ? `for ${duration((now - started) / 1000)}` : "";
}

function Call({ call, now }) {
  const ended = call.status === "ended";
  const state = ended && endedOf(call.ended_reason).bad ? { word: "ended", tone: "bad" } : stateOf(CALL_STATES, call.status);
  const facts = [MODES[call.rehearsal ? "rehearsal" : call.mode], ago(call.created_at, now), ended && call.duration_s > 0 && duration(call.duration_s), outcome(call, now)].filter(Boolean);
  return html`
    <li class="item" data-call=${call.call_id} data-status=${call.status}>
        <span class="row apart"><a class="cover" href=${`/calls/${call.call_id}`}>${call.goal || "A call"}</a><${State} of=${state} /></span>
        <span class="soft small number">${facts.join(" · ")}</span>
    </li>
  `;
}

const SHOWN_AT_FIRST = 6;

function Calls({ status, calls, now, start }) {
  const [all, setAll] = useState(false);
  // Old calls are not to push the servers out of sight; one that is not over always stays.
  const shown = calls?.filter((call, at) => all || at < SHOWN_AT_FIRST || call.status !== "ended");
  return html`
    <section class="card" aria-labelledby="calls-title">
      <div class="row apart"><h2 id="calls-title">Calls</h2>${status.calls && html`<span class="soft small">${status.calls.active} of ${status.calls.limit} at once</span>`}</div>
      ${calls?.length
        ? html`<ul class="items" id="calls">${shown.map((call) => html`<${Call} key=${call.call_id} call=${call} now=${now} />`)}</ul>
            ${shown.length < calls.length && html`<p><button type="button" class="plain inline" id="older" onClick=${() => setAll(true)}>Show ${plural(calls.length - shown.length, "older call")}</button></p>`}`
        : html`<${Empty} title="No calls yet">
            ${status.voice
              ? html`<button type="button" class="plain inline" onClick=${start}>Start one</button> and talk, or ask a desktop client that knows the hub: “call me and go through the open orders”.`
              : html`This hub runs without voice. Start it without <code>--no-voice</code>, and with livekit-server on this machine, to have calls.`}
          <//>`}
    </section>
  `;
}

const PART_STATES = { ...SERVER_STATES, off: { word: "off", tone: "off" } };

function Parts({ status }) {
  if (!status.parts.length) return null;
  return html`
    <section class="card" aria-labelledby="parts-title">
      <h2 id="parts-title">Parts</h2>
      <ul class="lines" id="parts">
        ${status.parts.map((part) => html`
          <li key=${part.name}>
            <span class="row apart"><span>${part.name}</span><${State} of=${stateOf(PART_STATES, part.state)} /></span>
            ${part.detail && html`<span class="soft small">${part.detail}</span>`}
            ${part.restarts > 0 && html`<span class="soft small">restarted ${part.restarts === 1 ? "once" : `${part.restarts} times`}</span>`}
          </li>`)}
      </ul>
    </section>
  `;
}

function Providers({ status }) {
  if (!status.providers.length) return null;
  const practice = status.providers.some((provider) => provider.practice);
  return html`
    <section class="card" aria-labelledby="providers-title">
      <h2 id="providers-title">Providers</h2>
      <ul class="lines" id="providers">
        ${status.providers.map((provider) => html`
          <li key=${provider.kind}>
            <span class="row apart"><span>${KINDS[provider.kind] || provider.kind}</span>${provider.practice ? html`<span class="badge practice">practice</span>` : html`<span class="soft">${provider.name}</span>`}</span>
          </li>`)}
      </ul>
      ${practice && html`<p class="soft small">Practice is a stand-in on this machine for what has no key. It hears and answers only its own phrases. Put a key into <code>.env</code> to use the real one.</p>`}
    </section>
  `;
}

function summary(status) {
  const waiting = status.parts.filter((part) => part.state !== "ready").map((part) => part.name);
  if (!status.ready) return { word: waiting.length ? `Getting ready: ${waiting.join(", ")}` : "Getting ready", tone: "wait" };
  if (!status.voice) return { word: "Running without voice", tone: "good" };
  return { word: "Ready for calls", tone: "good" };
}

export function Home({ tell }) {
  const [data, setData] = useState({ status: null, calls: null });
  const [starting, setStarting] = useState(false);
  const now = useNow();
  useEffect(() => {
    const take = (change) => setData((old) => ({ ...old, ...change }));
    return follow("/api/live", "/api/status", { status: (status) => take({ status }), calls: ({ calls }) => take({ calls }) }, tell);
  }, []);
  const { status, calls } = data;
  useEffect(() => {
    document.title = status?.calls?.active ? `(${status.calls.active}) voice hub` : "voice hub";
  }, [status?.calls?.active]);
  if (!status) return html`<p class="soft loading" role="status">Looking at the hub…</p>`;
  const start = () => setStarting(true);
  return html`
    <div class="row apart headline">
      <h1><${State} of=${summary(status)} /></h1>
      <button type="button" id="new" class="primary" disabled=${!status.voice} title=${status.voice ? "" : "This hub runs without voice."} onClick=${start}>New call</button>
    </div>
    <div class="columns">
      <div class="stack">
        <${Problems} problems=${status.problems} />
        <${Calls} status=${status} calls=${calls} now=${now} start=${start} />
        <${Servers} status=${status} now=${now} />
      </div>
      <div class="stack">
        <${Parts} status=${status} />
        <${Providers} status=${status} />
        <p class="soft small foot">voice hub ${status.version} · process ${status.pid}<br />servers.json: <code>${status.config}</code></p>
      </div>
    </div>
    ${starting && html`<${NewCall} close=${() => setStarting(false)} />`}
  `;
}
