// What the caller is told of a call that is recorded: before joining, and all the while.
import { html } from "../dom.js";

/** Before joining: what will be kept, so that whoever does not want it need not join. */
export function WillBeRecorded({ info }) {
  if (!info?.recorded) return null;
  return html`<p class="note recorded" id="recorded"><span class="dot" aria-hidden="true"></span><span><strong>This call will be recorded.</strong> What you and the agent say is kept for whoever set up this call.</span></p>`;
}

/** During the call: a red dot and the words for it. */
export function IsRecorded({ info }) {
  if (!info?.recorded) return null;
  return html`<span class="badge bad recorded" id="recorded"><span class="dot" aria-hidden="true"></span>This call is recorded</span>`;
}
