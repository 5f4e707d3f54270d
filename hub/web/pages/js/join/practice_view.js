// The practice label, and the sentences that practice understands.
import { html } from "../dom.js";
import { KINDS, listed } from "./words.js";

/** So many are shown before the call; the others open at a press. */
const FIRST = 5;

/** What practice plays, and the sentences it understands; in a call each can be sent by a press. */
export function Phrases({ info, onSay }) {
  const phrases = info?.phrases || [];
  const phrase = ({ say }) => html`<li key=${say}>${onSay ? html`<button type="button" class="phrase" onClick=${() => onSay(say)}>${say}</button>` : html`<span class="phrase">${say}</span>`}</li>`;
  const first = onSay ? phrases.length : FIRST;
  if (!phrases.length && !info?.note) return null;
  return html`
    <section class="phrases" id="phrases" aria-labelledby="phrases-title">
      <h2 id="phrases-title">${phrases.length ? "You can say" : "Practice"}</h2>
      ${info.note && html`<p class="soft small">${info.note}</p>`}
      <ul>${phrases.slice(0, first).map(phrase)}</ul>
      ${phrases.length > first && html`<details><summary>All ${phrases.length} phrases</summary><ul>${phrases.slice(first).map(phrase)}</ul></details>`}
    </section>
  `;
}

export function PracticeBadge({ info }) {
  const played = info?.practice || [];
  if (!played.length) return null;
  const kinds = listed(played.map((kind) => KINDS[kind] || kind));
  return html`<span class="badge practice" id="practice" title=${`Played by stand-ins on this machine: ${kinds}`}>practice</span>`;
}
