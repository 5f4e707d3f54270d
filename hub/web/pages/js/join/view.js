// What the caller sees before and after the call, and the frame around it.
import { html, Icon, useEffect, useRef, useStore } from "../dom.js";
import { Phrases, PracticeBadge } from "./practice_view.js";
import { WillBeRecorded } from "./recorded.js";
import { Room } from "./room_view.js";
import { KINDS, listed } from "./words.js";

const ACTIONS = {
  retry: { label: "Try again", run: (call) => call.retry() },
  reload: { label: "Reload the page", run: () => window.location.reload() },
  typing: { label: "Go on by typing", run: (call) => call.join({ typing: true }) },
};

/** Who joined by keyboard is taken to what is new. */
function useFocus(what) {
  const element = useRef(null);
  useEffect(() => element.current.focus(), [what]);
  return element;
}

/** One failure: what happened, what to do, and the buttons that do it. */
function Problem({ call, problem }) {
  const note = useFocus(problem);
  return html`
    <div class="note bad problem" id="error" role="alert" tabindex="-1" ref=${note}>
      <p><strong>${problem.text}</strong></p>
      ${problem.next && html`<p>${problem.next}</p>`}
      ${problem.detail && html`<p class="soft small">The hub says: ${problem.detail}</p>`}
      ${problem.actions?.length > 0 &&
      html`<div class="row">
        ${problem.actions.map((name, index) => html`<button type="button" id=${name} class=${index || name === "typing" ? "" : "primary"} onClick=${() => ACTIONS[name].run(call)}>${ACTIONS[name].label}</button>`)}
      </div>`}
    </div>
  `;
}

function Invitation({ call, state }) {
  const { info, problem } = state;
  const practice = info?.practice || [];
  return html`
    <div class="invitation">
      <div class="orb" aria-hidden="true"></div>
      <div class="row centred"><${PracticeBadge} info=${info} /></div>
      <h1>${state.lines.length ? "Back to your call" : "Your call is ready"}</h1>
      ${info?.goal && html`<p class="goal" id="goal"><span class="unseen">The call is about: </span>${info.goal}</p>`}
      <${WillBeRecorded} info=${info} />
      ${problem && html`<${Problem} call=${call} problem=${problem} />`}
      <button type="button" id="join" class="primary big" onClick=${() => call.join()}><${Icon} name="call" />${problem ? "Try again" : "Join the call"}</button>
      ${!problem && html`<button type="button" id="typing" class="plain" onClick=${() => call.join({ typing: true })}>No microphone? Join by typing</button>`}
      <p class="soft small">Your browser will ask for the microphone. What is said is written down for whoever set up this call.</p>
      ${practice.length > 0 && html`<p class="soft small">Practice, a stand-in on the hub's machine, plays the ${listed(practice.map((kind) => KINDS[kind] || kind))}.</p>`}
    </div>
    <${Phrases} info=${info} />
  `;
}

function Ended({ call, state }) {
  const { ended } = state;
  const title = useFocus(ended);
  return html`
    <div class="invitation">
      <div class="orb resting" aria-hidden="true"></div>
      <h1 id="ended" tabindex="-1" ref=${title}>${ended.text}</h1>
      ${ended.next && html`<p class="soft">${ended.next}</p>`}
      ${ended.again && html`<button type="button" id="again" class="big" onClick=${() => call.retry()}><${Icon} name="call" />Join again</button>`}
      ${!ended.again && html`<p class="soft small">You can close this page.</p>`}
    </div>
    <${Said} lines=${state.lines} />
  `;
}

function Failed({ call, state }) {
  return html`
    <div class="invitation">
      <div class="orb resting" aria-hidden="true"></div>
      <h1>${state.lines.length ? "The call broke off" : "This call cannot be joined"}</h1>
      <${Problem} call=${call} problem=${state.problem} />
    </div>
    <${Said} lines=${state.lines} />
  `;
}

/** After a call: what was said stays readable. */
function Said({ lines }) {
  const said = lines.filter((line) => line.role !== "tool");
  if (!said.length) return null;
  return html`
    <section class="said" aria-labelledby="said-title">
      <h2 id="said-title">What was said</h2>
      <ol id="transcript">
        ${said.map((line) => html`<li key=${line.role + line.segment} data-role=${line.role} data-final=${String(line.final)}><span class="who">${line.role === "caller" ? "You" : "Agent"}</span>${" "}<span class="text">${line.text}</span></li>`)}
      </ol>
    </section>
  `;
}

function Waiting({ text }) {
  return html`<div class="invitation"><div class="orb waking" aria-hidden="true"></div><p class="step" aria-hidden="true">${text}…</p></div>`;
}

function Body({ call, state }) {
  if (state.phase === "ready") return html`<${Invitation} call=${call} state=${state} />`;
  if (state.phase === "ended") return html`<${Ended} call=${call} state=${state} />`;
  if (state.phase === "failed") return html`<${Failed} call=${call} state=${state} />`;
  if (state.phase === "loading") return html`<${Waiting} text="Looking up the call" />`;
  if (state.phase === "connecting") return html`<${Waiting} text=${state.step} />`;
  return html`<${Room} call=${call} state=${state} />`;
}

const SPOKEN = { loading: "", ready: "The call is ready to join.", failed: "" };

export function Page({ call }) {
  const state = useStore(call.store);
  const inRoom = state.phase === "in-call" || state.phase === "reconnecting";
  const status = SPOKEN[state.phase] ?? (state.phase === "connecting" ? `${state.step}…` : state.ended?.text);
  return html`
    <main class=${inRoom ? "live" : "quiet"}>
      ${!inRoom && html`<header><span class="brand">voice hub</span></header><p id="status" class="unseen" role="status">${status}</p>`}
      <${Body} call=${call} state=${state} />
    </main>
  `;
}
