// What a call waits for: a question of its agent that somebody here can answer, and a change that needs a yes.
import { html, useState } from "../dom.js";
import { ServerForm } from "../form.js";
import { Trouble, useAsk } from "./pieces.js";

function Question({ id, question }) {
  const [text, setText] = useState("");
  const [ask, busy, error] = useAsk();
  const submit = async (event) => {
    event.preventDefault();
    if (text.trim() && !busy) await ask("POST", `/api/calls/${id}/questions/${question.id}`, { answer: text.trim() });
  };
  return html`
    <section class="card stack waiting" id="question" aria-labelledby="question-title">
      <h2 id="question-title">The agent asks you</h2>
      <p class="asked">${question.text}</p>
      <form class="stack tight" onSubmit=${submit}>
        <div class="sending">
          <input id="answer" type="text" value=${text} onInput=${(event) => setText(event.target.value)} autocomplete="off" maxlength="4000" placeholder="Your answer" aria-label="Your answer to the agent" />
          <button type="submit" class="primary" disabled=${busy || !text.trim()}>${busy ? "Answering…" : "Answer"}</button>
        </div>
        <p class="soft small">The caller is waiting for it. Without an answer the agent goes on in a minute.</p>
        <${Trouble} error=${error} />
      </form>
    </section>
  `;
}

function Action({ id, action }) {
  const [ask, busy, error] = useAsk();
  const decide = (decision) => () => ask("POST", `/api/calls/${id}/actions/${action.id}`, { decision });
  return html`
    <section class="card stack waiting" id="action" aria-labelledby="action-title">
      <h2 id="action-title">Waiting for a yes</h2>
      <p class="asked">${action.text}</p>
      <p class="soft small">The caller is asked the same; whoever is first decides.</p>
      <div class="row end">
        <button type="button" id="deny" disabled=${busy} onClick=${decide("deny")}>No, leave it</button>
        <button type="button" id="approve" class="danger" disabled=${busy} onClick=${decide("approve")}>Yes, do it</button>
      </div>
      <${Trouble} error=${error} />
    </section>
  `;
}

function OfServer({ id, form }) {
  const [ask, busy, error] = useAsk();
  const send = (decision, content = {}) => ask("POST", `/api/calls/${id}/forms/${form.id}`, { decision, content });
  return html`
    <section class="card stack waiting" id="form" aria-labelledby="form-title">
      <${ServerForm} form=${form} send=${send} busy=${busy} />
      <p class="soft small">The caller is asked too, but for what is secret; whoever is first answers.</p>
      <${Trouble} error=${error} />
    </section>
  `;
}

export function Pending({ id, call }) {
  const { pending_question: question, pending_action: action } = call;
  if (question?.server) return html`<${OfServer} key=${question.id} id=${id} form=${question} />`;
  return html`
    ${question && html`<${Question} key=${question.id} id=${id} question=${question} />`}
    ${action && html`<${Action} key=${action.id} id=${id} action=${action} />`}
  `;
}
