// What can be done to a call from the dashboard: type as its caller, have something said, steer the agent, end it.
import { html, useState } from "../dom.js";
import { Trouble, useAsk } from "./pieces.js";
import { DELIVERED } from "./words.js";

const KINDS = {
  caller: { name: "Type as the caller", placeholder: "What do you want to know?", text: "The agent answers as if it had been spoken." },
  instruct: { name: "Steer the agent", placeholder: "Ask which month they mean", text: "The agent follows this; the caller does not hear it." },
  say: { name: "Say to the caller", placeholder: "A colleague will call you back at three.", text: "The agent says exactly this." },
  context: { name: "Tell the agent", placeholder: "The order was shipped this morning.", text: "The agent knows it from now on and goes on as before." },
};

function Send({ id, mode }) {
  const kinds = mode === "text" ? ["caller", "instruct", "say", "context"] : ["instruct", "say", "context"];
  const [chosen, setKind] = useState("");
  const [text, setText] = useState("");
  const [delivered, setDelivered] = useState("");
  const [ask, busy, error] = useAsk();
  const kind = kinds.includes(chosen) ? chosen : kinds[0];
  const submit = async (event) => {
    event.preventDefault();
    const said = text.trim();
    if (!said || busy) return;
    setDelivered("");
    const answer = await ask("POST", `/api/calls/${id}/send`, { text: said, kind });
    if (!answer) return;
    setText("");
    setDelivered(DELIVERED[answer.delivered] || (answer.accepted === false ? DELIVERED.refused : DELIVERED.queued));
  };
  return html`
    <form class="stack tight" onSubmit=${submit}>
      <div class="sending">
        <select id="kind" aria-label="What to do with the text" value=${kind} onChange=${(event) => setKind(event.target.value)}>
          ${kinds.map((name) => html`<option key=${name} value=${name} selected=${name === kind}>${KINDS[name].name}</option>`)}
        </select>
        <input id="message" type="text" value=${text} onInput=${(event) => setText(event.target.value)} autocomplete="off" maxlength="4000" placeholder=${KINDS[kind].placeholder} aria-label=${KINDS[kind].name} />
        <button type="submit" class="primary" disabled=${busy || !text.trim()}>${busy ? "Sending…" : "Send"}</button>
      </div>
      <p class="soft small" role="status" id="delivered">${delivered || KINDS[kind].text}</p>
      <${Trouble} error=${error} />
    </form>
  `;
}

function End({ id }) {
  const [asking, setAsking] = useState(false);
  const [goodbye, setGoodbye] = useState("");
  const [ask, busy, error] = useAsk();
  const end = async (event) => {
    event.preventDefault();
    await ask("POST", `/api/calls/${id}/end`, goodbye.trim() ? { goodbye: goodbye.trim() } : {});
  };
  if (!asking) return html`<div class="row end"><button type="button" id="end" class="danger" onClick=${() => setAsking(true)}>End the call</button></div>`;
  return html`
    <form class="stack tight" onSubmit=${end}>
      <label for="goodbye">Last words of the agent (optional)</label>
      <input id="goodbye" type="text" value=${goodbye} onInput=${(event) => setGoodbye(event.target.value)} autocomplete="off" placeholder="Thank you, goodbye." />
      <div class="row end">
        <button type="button" onClick=${() => setAsking(false)}>Let it go on</button>
        <button type="submit" id="end-now" class="danger" disabled=${busy}>${busy ? "Ending…" : "End the call"}</button>
      </div>
      <${Trouble} error=${error} />
    </form>
  `;
}

export function Actions({ id, mode }) {
  return html`
    <section class="card stack" aria-labelledby="actions-title">
      <h2 id="actions-title">Take part</h2>
      <${Send} id=${id} mode=${mode} />
      <${End} id=${id} />
    </section>
  `;
}
