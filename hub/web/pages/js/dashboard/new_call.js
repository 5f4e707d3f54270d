// The dialog that starts a call: what it is about, spoken or typed, and then the link to hand on.
import { html, useEffect, useRef, useState } from "../dom.js";
import { JoinLink, Trouble, useAsk } from "./pieces.js";
import { go } from "./router.js";

function Form({ started }) {
  const [goal, setGoal] = useState("");
  const [mode, setMode] = useState("browser");
  const [record, setRecord] = useState(false);
  const [ask, busy, error] = useAsk();
  const submit = async (event) => {
    event.preventDefault();
    const recorded = record && mode === "browser" ? { record } : {};
    const call = await ask("POST", "/api/calls", { goal: goal.trim(), mode, ...recorded });
    if (call) started({ ...call, mode });
  };
  const choice = (value, title, text) => html`
    <label class="choice"><input type="radio" name="mode" value=${value} checked=${mode === value} onChange=${() => setMode(value)} /><span><strong>${title}</strong><span class="soft small">${text}</span></span></label>
  `;
  return html`
    <form onSubmit=${submit} class="stack">
      <label for="goal">What is the call about?</label>
      <textarea id="goal" required rows="3" maxlength="2000" value=${goal} onInput=${(event) => setGoal(event.target.value)} placeholder="Answer questions about our customers and orders"></textarea>
      <fieldset><legend>How does the caller take part?</legend>
        ${choice("browser", "Spoken", "You get a link; whoever opens it talks with the agent.")}
        ${choice("text", "Typed", "You type here, without sound.")}
      </fieldset>
      ${mode === "browser" && html`<label class="choice"><input type="checkbox" id="record" checked=${record} onChange=${(event) => setRecord(event.target.checked)} /><span><strong>Record it</strong><span class="soft small">The caller is told before joining, and again at the beginning of the call.</span></span></label>`}
      <${Trouble} error=${error} />
      <div class="row end"><button type="submit" id="start-call" class="primary" disabled=${busy || !goal.trim()}>${busy ? "Starting…" : "Start the call"}</button></div>
    </form>
  `;
}

function Started({ call, close }) {
  return html`
    <div class="stack" role="status">
      <p>The call waits for its caller. Open the link, or hand it on; it is good for 60 minutes.</p>
      <${JoinLink} url=${call.join_url} />
      ${(call.warnings || []).map((warning) => html`<p class="note warn" key=${warning}>${warning}</p>`)}
      <div class="row end"><a class="button" id="follow-call" href=${`/calls/${call.call_id}`} onClick=${close}>Follow the call</a></div>
    </div>
  `;
}

export function NewCall({ close }) {
  const dialog = useRef(null);
  const [call, setCall] = useState(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const started = (made) => {
    if (made.join_url) return setCall(made);
    close();
    go(`/calls/${made.call_id}`);
  };
  const onBackdrop = (event) => event.target === dialog.current && close();
  return html`
    <dialog id="new-call" ref=${dialog} aria-labelledby="new-call-title" onClose=${close} onClick=${onBackdrop}>
      <div class="dialog">
        <div class="row apart"><h2 id="new-call-title">${call ? "Your call is ready" : "New call"}</h2><button type="button" class="plain compact" onClick=${close}>Close</button></div>
        ${call ? html`<${Started} call=${call} close=${close} />` : html`<${Form} started=${started} />`}
      </div>
    </dialog>
  `;
}
