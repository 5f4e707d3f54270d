// What the caller sees during the call: the agent, what was said, and the controls.
import { html, Icon, useEffect, useFollowing, useRef, useState } from "../dom.js";
import { ServerForm } from "../form.js";
import { showLevel } from "./levels.js";
import { Phrases, PracticeBadge } from "./practice_view.js";
import { IsRecorded } from "./recorded.js";
import { AGENT_STATES } from "./words.js";

/** An element whose --level follows a sound. */
function useLevel(read) {
  const element = useRef(null);
  useEffect(() => showLevel(element.current, read), [read]);
  return element;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function Clock({ since }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="soft small number" role="timer" aria-label="Time in the call">${clock((now - since) / 1000)}</span>`;
}

function statusText(state) {
  if (state.step) return `${state.step}…`;
  if (state.phase === "reconnecting") return "Reconnecting…";
  const text = AGENT_STATES[state.agent] || AGENT_STATES.listening;
  const pending = state.agent === "thinking" || state.agent === "absent" || state.agent === "initializing";
  return pending ? `${text}…` : text;
}

function activityText(state) {
  const tool = state.lines.findLast((line) => line.role === "tool" && !line.final);
  if (state.phase === "reconnecting") return "The call goes on as soon as the connection is back.";
  if (state.notice) return state.notice;
  if (state.action) return "Waiting for your yes or no";
  if (state.form) return "Waiting for your answer";
  if (tool) return `Working on it: ${tool.text}`;
  if (state.microphone === "muted" && state.agent === "listening") return "You are muted. Unmute, or type.";
  return "";
}

/** The agent: an orb that breathes, thinks and moves with its voice, and its state in words. */
function Stage({ call, state }) {
  const orb = useLevel(call.agentLevel);
  const mood = state.phase === "reconnecting" ? "absent" : state.agent;
  return html`
    <section class="stage" aria-label="The agent">
      <div class="orb" data-agent=${mood} ref=${orb} aria-hidden="true"></div>
      <p id="status" role="status">${statusText(state)}</p>
      <p id="activity" class="soft" role="status">${activityText(state)}</p>
    </section>
  `;
}

const ROWS_SHOWN = 200;

function cell(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a tool gave, whole: the agent tells only the beginning of it. */
function Result({ shown }) {
  if (!shown.rows) return html`<pre class="result">${shown.text}</pre>`;
  const rows = shown.rows.slice(0, ROWS_SHOWN).map((row) => (row && typeof row === "object" && !Array.isArray(row) ? row : { value: row }));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const left = shown.total - rows.length;
  return html`
    <div class="result" tabindex="0" role="region" aria-label="Result">
      <table>
        <thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${names.map((name) => html`<td>${cell(row[name])}</td>`)}</tr>`)}</tbody>
      </table>
      ${left > 0 && html`<p class="soft small">and ${left} more</p>`}
    </div>
  `;
}

function counted(shown) {
  if (!shown.rows) return "Show it";
  return shown.total === 1 ? "Show 1 row" : `Show ${shown.total} rows`;
}

function Line({ line }) {
  const who = { caller: "You", agent: "Agent", tool: "Tool" }[line.role];
  if (line.role === "tool") {
    const icon = line.final ? html`<${Icon} name=${line.ok ? "done" : "failed"} />` : html`<span class="spinner" aria-hidden="true"></span>`;
    const outcome = line.final ? (line.ok ? "done" : "did not work") : "running";
    return html`<li data-role="tool" data-final=${String(line.final)} data-ok=${String(line.ok)}>${icon}<span class="text">${line.text}</span><span class="unseen">${outcome}</span>${line.shown && html`<details><summary>${counted(line.shown)}</summary><${Result} shown=${line.shown} /></details>`}</li>`;
  }
  return html`<li data-role=${line.role} data-final=${String(line.final)}><span class="who">${who}${line.typed ? ", typed" : ""}</span>${" "}<span class="text">${line.text}</span></li>`;
}

function Transcript({ lines }) {
  const [list, scrolled] = useFollowing();
  return html`
    <ol id="transcript" ref=${list} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label="What was said">
      ${lines.map((line) => html`<${Line} key=${line.role + line.segment} line=${line} />`)}
      ${lines.length === 0 && html`<li class="empty soft">What you and the agent say appears here.</li>`}
    </ol>
  `;
}

/** Screen readers hear the agent's finished words only from somebody who has no sound: those who type. */
function Aloud({ state }) {
  const last = state.lines.findLast((line) => line.role === "agent" && line.final);
  return html`<p class="unseen" aria-live="polite">${state.microphone === "none" && last ? `Agent: ${last.text}` : ""}</p>`;
}

/** What the agent wants to change: said aloud too, and to be answered either way. */
function Action({ call, action, busy }) {
  const phrase = action.phrase || "yes";
  return html`
    <section class="note warn asking" id="action" role="alertdialog" aria-labelledby="action-text" aria-describedby="action-text">
      <p id="action-text">${action.text}</p>
      <div class="row end">
        <button type="button" id="deny" disabled=${busy} onClick=${() => call.decide("deny")}>No, leave it</button>
        <button type="button" id="approve" class="primary" disabled=${busy} onClick=${() => call.decide("approve")}>${phrase === "yes" ? "Yes, go ahead" : phrase[0].toUpperCase() + phrase.slice(1)}</button>
      </div>
    </section>
  `;
}

function TextBox({ call }) {
  const [text, setText] = useState("");
  const submit = (event) => {
    event.preventDefault();
    call.send(text);
    setText("");
  };
  return html`
    <form class="say" onSubmit=${submit}>
      <input id="message" type="text" value=${text} onInput=${(event) => setText(event.target.value)} autocomplete="off" enterkeyhint="send"
        maxlength="4000" placeholder="Type to the agent" aria-label="Type to the agent; Enter sends" />
      <button type="submit" class="round primary" disabled=${!text.trim()} aria-label="Send"><${Icon} name="send" /></button>
    </form>
  `;
}

const MUTE = {
  on: { label: "Mute", icon: "microphone" },
  muted: { label: "Unmute", icon: "muted" },
  none: { label: "Use the microphone", icon: "microphone" },
};

function Controls({ call, state }) {
  const meter = useLevel(call.microphoneLevel);
  const mute = MUTE[state.microphone];
  const muted = state.microphone === "muted";
  return html`
    <div class="controls">
      <button type="button" id="mute" class=${muted ? "muted" : ""} aria-pressed=${state.microphone === "none" ? undefined : String(muted)}
        aria-keyshortcuts="m" title=${`${mute.label} (M)`} onClick=${() => call.toggleMicrophone()}><${Icon} name=${mute.icon} /><span>${mute.label}</span></button>
      <div class="chosen">
        <select id="microphone" aria-label="Microphone" value=${state.microphoneId} disabled=${state.devices.length === 0} onChange=${(event) => call.chooseMicrophone(event.target.value)}>
          ${state.devices.length === 0 && html`<option value="">No microphone in use</option>`}
          ${state.devices.map((device) => html`<option key=${device.id} value=${device.id} selected=${device.id === state.microphoneId}>${device.name}</option>`)}
        </select>
        <div id="level" class="meter" ref=${meter} data-microphone=${state.microphone} aria-hidden="true"></div>
      </div>
      <button type="button" id="leave" class="danger" onClick=${() => call.leave()}><${Icon} name="leave" /><span>Leave</span></button>
    </div>
  `;
}

function useMuteKey(call) {
  useEffect(() => {
    const pressed = (event) => {
      const writing = event.target.closest?.("input, select, textarea");
      if (event.key.toLowerCase() !== "m" || writing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      call.toggleMicrophone();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [call]);
}

export function Room({ call, state }) {
  const [wide] = useState(() => window.matchMedia("(min-width: 64rem)").matches);
  useMuteKey(call);
  useEffect(() => document.getElementById(state.microphone === "none" ? "message" : "mute").focus(), []);
  return html`
    <header>
      <span class="brand">voice hub</span>
      <span class="row"><${IsRecorded} info=${state.info} /><${PracticeBadge} info=${state.info} /><${Clock} since=${state.since} /></span>
      ${state.info?.goal && html`<p class="goal soft" id="goal">${state.info.goal}</p>`}
    </header>
    <${Stage} call=${call} state=${state} />
    <div class="notes">
      ${state.action && html`<${Action} key=${state.action.id} call=${call} action=${state.action} busy=${state.deciding} />`}
      ${state.form && html`<section class="note warn asking form" id="form" aria-labelledby="form-title"><${ServerForm} key=${state.form.id} form=${state.form} send=${(decision, content) => call.fill(decision, content)} busy=${state.deciding} /></section>`}
      ${state.trouble && html`<div class="note warn" id="error" role="alert"><p>${state.trouble}</p></div>`}
      ${state.soundBlocked && html`<button type="button" id="sound" class="primary" onClick=${() => call.turnOnSound()}><${Icon} name="sound" />Turn on sound</button>`}
    </div>
    <${Transcript} lines=${state.lines} />
    <${Aloud} state=${state} />
    <footer class="dock">
      <${TextBox} call=${call} />
      <${Controls} call=${call} state=${state} />
    </footer>
    ${(state.info?.phrases || []).length > 0 &&
    html`<details class="aside" open=${wide}>
      <summary>What you can say</summary>
      <${Phrases} info=${state.info} onSay=${(text) => call.send(text)} />
    </details>`}
  `;
}
