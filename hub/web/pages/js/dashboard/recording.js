// The recording of a call: how it stands, to be played, saved and deleted.
import { html, useEffect, useState } from "../dom.js";
import { ask } from "../http.js";
import { Empty, Trouble, useAsk } from "./pieces.js";
import { duration } from "./words.js";

const LOOK_EVERY = 3_000;
const EMPTY = {
  none: { title: "Nothing has been recorded", text: "Recording begins when the agent has told the caller." },
  recording: { title: "It is being recorded", text: "You can play it here when the call is over." },
  failed: { title: "There is no recording", text: "What happened, on this page, says why." },
};

/** What there is; asked again while more may come. */
function useRecording(id, state, done) {
  const [found, setFound] = useState(null);
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    let timer = 0;
    const answered = (answer) => {
      setFound(answer);
      if (done && answer.state === "recording") timer = setTimeout(() => setLooks(looks + 1), LOOK_EVERY);
    };
    ask("GET", `/api/calls/${id}/recording`).then(answered, () => {});
    return () => clearTimeout(timer);
  }, [id, state, done, looks]);
  return [found, () => setLooks(looks + 1)];
}

function Part({ part, several }) {
  const [broken, setBroken] = useState(false);
  const address = new URL(part.url).pathname;
  const name = `${several ? `Part ${part.part}, ` : ""}${duration(part.seconds)}`;
  return html`
    <li class="stack tight">
      <div class="row apart"><span class="small number">${name}</span><a class="save" href=${`${address}?save`} download>Save</a></div>
      <audio controls preload="metadata" src=${address} aria-label=${`Recording, ${name}`} onError=${() => setBroken(true)}></audio>
      ${broken && html`<p class="note warn small" role="alert">This browser cannot play it. Save the file and open it in another player.</p>`}
    </li>
  `;
}

function Delete({ id, deleted }) {
  const [asking, setAsking] = useState(false);
  const [run, busy, error] = useAsk();
  const sure = async () => (await run("DELETE", `/api/calls/${id}/recording`)) && deleted();
  if (!asking) return html`<div class="row end"><button type="button" id="delete-recording" class="plain compact" onClick=${() => setAsking(true)}>Delete the recording</button></div>`;
  return html`
    <div class="stack tight">
      <p class="small">It is gone for good then; what was said stays in the transcript.</p>
      <div class="row end">
        <button type="button" onClick=${() => setAsking(false)}>Keep it</button>
        <button type="button" id="delete-now" class="danger" disabled=${busy} onClick=${sure}>${busy ? "Deleting…" : "Delete it"}</button>
      </div>
      <${Trouble} error=${error} />
    </div>
  `;
}

/** Nothing at all for a call that was not to be recorded. */
export function Recording({ id, call }) {
  const [found, again] = useRecording(id, call.recording, call.done);
  if (!call.recording || !found) return null;
  const parts = call.done ? found.parts : [];
  const empty = call.done && found.state === "none" ? { title: "There is no recording", text: found.next_step } : EMPTY[found.state];
  return html`
    <section class="card stack" id="recording" aria-labelledby="recording-title" data-state=${found.state}>
      <h2 id="recording-title">Recording</h2>
      ${parts.length > 0 && html`<ul class="parts stack">${parts.map((part) => html`<${Part} key=${part.url} part=${part} several=${parts.length > 1} />`)}</ul>`}
      ${parts.length > 0 && html`<p class="soft small">The caller is on the left, the agent on the right.</p>`}
      ${!parts.length && empty && html`<${Empty} title=${empty.title}>${empty.text}<//>`}
      ${parts.length > 0 && html`<${Delete} id=${id} deleted=${again} />`}
    </section>
  `;
}
