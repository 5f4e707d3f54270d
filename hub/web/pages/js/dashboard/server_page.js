// One server: how it is, what it offers and what a rule hides, what it said last, and a way to start it afresh.
import { html, useEffect, useState } from "../dom.js";
import { ask } from "../http.js";
import { follow } from "./live.js";
import { Empty, State, Trouble, useAsk, useNow } from "./pieces.js";
import { Waiting } from "./waiting.js";
import { duration, milliseconds, moment, plural, SERVER_STATES, stateOf, TRANSPORTS } from "./words.js";

/** The whole server, read anew whenever the live status of it changes. */
function useServer(name, tell) {
  const [server, setServer] = useState(null);
  const [mark, setMark] = useState("");
  const path = `/api/servers/${encodeURIComponent(name)}`;
  const load = () => ask("GET", path).then(setServer, (error) => error.status && tell({ is: "refused", error }));
  useEffect(() => {
    const onStatus = ({ servers }) => {
      const { p50_ms, p95_ms, ...rest } = servers.find((one) => one.name === name) || {};
      setMark(JSON.stringify(rest));
    };
    return follow("/api/live", path, { status: onStatus }, tell);
  }, [name]);
  useEffect(() => {
    load();
  }, [name, mark]);
  return [server, load];
}

function Tool({ tool }) {
  const held = !tool.offered && tool.rule?.startsWith("held back");
  return html`
    <li class="item" data-tool=${tool.name} data-offered=${String(tool.offered)}>
      <span class="row"><strong class="name">${tool.title || tool.name}</strong>
        ${tool.read_only === true && html`<span class="badge good">reads</span>`}
        ${tool.read_only === false && html`<span class="badge">writes</span>`}
        ${tool.destructive && html`<span class="badge bad">can destroy</span>`}
        ${!tool.offered && html`<span class="badge">${held ? "waits for approval" : "hidden"}</span>`}
      </span>
      <code class="soft">${tool.public || tool.name}</code>
      ${tool.description && html`<span class="soft small clamp">${tool.description}</span>`}
      ${tool.rule && html`<span class=${tool.offered ? "soft small" : "small"}>${tool.offered || held ? "" : "Hidden by: "}${tool.rule}</span>`}
    </li>
  `;
}

function Tools({ server }) {
  const tools = server.tools || [];
  const hidden = tools.filter((tool) => !tool.offered).length;
  return html`
    <section class="card" aria-labelledby="tools-title">
      <div class="row apart"><h2 id="tools-title">Tools</h2><span class="soft small">${plural(tools.length, "tool")}${hidden ? `, ${hidden} hidden` : ""}</span></div>
      ${tools.length
        ? html`<ul class="items" id="tools">${tools.map((tool) => html`<${Tool} key=${tool.name} tool=${tool} />`)}</ul>`
        : html`<${Empty} title="No tools">${server.state === "ready" ? "The server offers none." : "They are listed as soon as the server is ready."}<//>`}
    </section>
  `;
}

function Facts({ server, now }) {
  const since = moment(server.since);
  const facts = [
    ["Transport", TRANSPORTS[server.transport] || server.transport],
    ["Protocol", server.era],
    ["Process", server.pid],
    ["In this state", since && `for ${duration((now - since) / 1000)}`],
    ["Restarts", server.restarts ?? 0],
    ["Answers within", typeof server.p50_ms === "number" && `${milliseconds(server.p50_ms)} (half), ${milliseconds(server.p95_ms)} (95 of 100)`],
    ["Sessions", server.sessions && `${server.sessions}: one for all clients, one for each voice call, and the next call's`],
    ["Read-only twin", server.twin && stateOf(SERVER_STATES, server.twin).word],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return html`
    <section class="card" aria-labelledby="facts-title">
      <h2 id="facts-title">Now</h2>
      <dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd class="number">${value}</dd></div>`)}</dl>
    </section>
  `;
}

function Stderr({ lines, reload }) {
  return html`
    <section class="card" aria-labelledby="stderr-title">
      <div class="row apart"><h2 id="stderr-title">Last words</h2><button type="button" class="compact" onClick=${reload}>Refresh</button></div>
      <p class="soft small">What it wrote to its standard error.</p>
      ${lines?.length ? html`<pre id="stderr" class="log" tabindex="0">${lines.join("\n")}</pre>` : html`<p class="soft small">It has said nothing.</p>`}
    </section>
  `;
}

function Restart({ name, state }) {
  const [asked, setAsked] = useState("");
  const [run, busy, error] = useAsk();
  const restart = async () => {
    if (await run("POST", `/api/servers/${encodeURIComponent(name)}/restart`)) setAsked("The server is being restarted.");
  };
  const off = state === "disabled" || state === "not_configured";
  return html`
    <div class="row"><button type="button" id="restart" disabled=${busy || off} title=${off ? "It is not started as long as servers.json leaves it out." : ""} onClick=${restart}>${busy ? "Restarting…" : "Restart"}</button><span class="soft small" role="status">${asked}</span></div>
    <${Trouble} error=${error} />
  `;
}

export function ServerPage({ name, tell }) {
  const [server, reload] = useServer(name, tell);
  const now = useNow();
  useEffect(() => {
    document.title = `${name} · voice hub`;
  }, [name]);
  if (!server) return html`<p class="soft loading" role="status">Looking up the server…</p>`;
  const next = server.state === "backoff" && moment(server.next_attempt_at);
  return html`
    <div class="headline stack">
      <div class="row"><span id="server-state"><${State} of=${stateOf(SERVER_STATES, server.state)} /></span></div>
      <div class="row apart"><h1>${name}</h1><${Restart} name=${name} state=${server.state} /></div>
      ${server.last_error && (server.state !== "ready" || server.edit_error) && html`<div class="note bad" id="last-error"><p>${server.last_error}</p>${next && html`<p class="small number">${next > now ? `Next attempt in ${duration((next - now) / 1000)}.` : "Trying now."}</p>`}</div>`}
    </div>
    <div class="columns">
      <div class="stack">
        <${Waiting} server=${server} now=${now} reload=${reload} />
        <${Tools} server=${server} />
      </div>
      <div class="stack">
        <${Facts} server=${server} now=${now} />
        <${Stderr} lines=${server.stderr} reload=${reload} />
        <section class="card" aria-labelledby="spec-title">
          <h2 id="spec-title">In servers.json</h2>
          <p class="soft small">Secrets are masked.</p>
          <pre id="spec" class="log" tabindex="0">${JSON.stringify(server.spec ?? {}, null, 2)}</pre>
        </section>
      </div>
    </div>
  `;
}
