// Every sentence the join page says when something did not go as it should: what happened, and what to do.
import { HubGone, Refused } from "../http.js";

const TRY_AGAIN = "Try again in a moment.";
const NEW_LINK = "Ask for a new link where you got this one.";

const MICROPHONE = {
  NotAllowedError: ["The browser may not use your microphone.", "Allow it with the icon beside the address, then try again. Or go on by typing."],
  NotFoundError: ["No microphone was found.", "Plug one in and try again. Or go on by typing."],
  NotReadableError: ["The microphone is in use by another program.", "Close that program and try again. Or go on by typing."],
  InsecureContext: ["Browsers give out the microphone only over https, or on the hub's own machine.", "Open the call's link there. Or go on by typing."],
};
const MICROPHONE_OTHER = ["The microphone could not be started.", "Try again. Or go on by typing."];

const SAME_AS = { SecurityError: "NotAllowedError", OverconstrainedError: "NotFoundError", AbortError: "NotReadableError", TrackStartError: "NotReadableError" };

export function microphoneProblem(error) {
  const name = SAME_AS[error.name] || error.name;
  const [text, next] = MICROPHONE[name] || MICROPHONE_OTHER;
  return { text, next, actions: ["typing"] };
}

// By EndedReason; `calm` is an ordinary end, the others are failures.
const ENDED = {
  caller_left: { text: "You have left the call.", calm: true },
  agent_ended: { text: "The call is over. The agent said goodbye.", calm: true },
  operator_ended: { text: "The call was ended by the person who set it up.", calm: true },
  max_duration: { text: "The call is over: it had reached its time limit.", next: NEW_LINK, calm: true },
  over_budget: { text: "The call is over: it had reached its budget.", next: NEW_LINK, calm: true },
  no_show: { text: "This call is over: nobody joined in time.", next: NEW_LINK, calm: true },
  cancelled: { text: "This call was cancelled.", next: NEW_LINK, calm: true },
  no_worker: { text: "No agent came to the call, so it was ended.", next: `The hub's voice worker may not be running (hub status tells). ${NEW_LINK}` },
  provider_failed: { text: "The call had to end: a speech or language service failed.", next: NEW_LINK },
  media_lost: { text: "The call had to end: the sound connection was lost.", next: NEW_LINK },
  worker_lost: { text: "The call had to end: the agent was lost and did not come back.", next: NEW_LINK },
  hub_stopped: { text: "The call had to end: the hub was stopped.", next: `Start the hub again. ${NEW_LINK}` },
};

export function endedWords(reason) {
  return ENDED[reason] || { text: "This call is over.", next: NEW_LINK, calm: true };
}

const REFUSED = {
  401: ["This link is not valid any more.", `A link is good for 60 minutes. ${NEW_LINK}`],
  404: ["There is no call behind this link.", `Check that the whole link was copied. ${NEW_LINK}`],
  429: ["Too many tries in a short time.", "Wait a minute, then try again."],
};

/** The hub did not let us in, or is not there. */
export function hubProblem(error) {
  if (error instanceof HubGone) return { text: "The hub cannot be reached.", next: `It may have been stopped. ${error.nextStep}`, actions: ["retry"] };
  if (!(error instanceof Refused)) return { text: "Something in this page went wrong.", next: "Reload the page and join again.", actions: ["reload"] };
  const [text, next] = REFUSED[error.status] || [error.message, error.nextStep || TRY_AGAIN];
  const final = error.status === 401 || error.status === 404;
  return { text, next, detail: error.message === text ? "" : error.message, actions: final ? [] : ["retry"] };
}

export const LEFT = { text: "You have left the call.", next: "The same link brings you back while the call lasts.", calm: true, again: true };
export const NO_LINK = { text: "This link is not whole: the part after # is missing.", next: "Copy the whole link, or ask for a new one.", actions: [] };
export const MEDIA_UNREACHABLE = { text: "The call's sound connection could not be made.", next: "The hub's LiveKit server may be starting or down (hub status tells). Try again in a few seconds.", actions: ["retry"] };
export const NO_AGENT = { text: "The agent did not come within 10 seconds.", next: "The hub's voice worker may not be running (hub status tells). Try again.", actions: ["retry"] };
export const AGENT_GONE = { text: "The agent left and did not come back.", next: "Try again: the call goes on where it stopped if an agent is there.", actions: ["retry"] };
export const CONNECTION_LOST = { text: "The connection was lost and did not come back.", next: "Check that the hub is running and your network is up, then join again.", actions: ["retry"] };
export const ELSEWHERE = { text: "You joined this call in another window, and it goes on there.", next: "Close this one, or take the call back here.", actions: ["retry"] };
export const MICROPHONE_LOST = "Your microphone was unplugged or taken away. Choose another one, or type.";

const PROVIDERS = { stt: "The speech recognition", llm: "The language model", tts: "The agent's voice", supabase: "The database service" };

/** A provider failed or works again, as the worker tells it on `hub.events`. */
export function providerWords(event) {
  const name = PROVIDERS[event.provider || event.tool || event.title] || "A service";
  return event.text || `${name} is not answering. The agent goes on as soon as it is back.`;
}

export const KINDS = { stt: "speech recognition", llm: "language model", tts: "voice", supabase: "database" };

/** "speech recognition, language model and voice" */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export const AGENT_STATES = { absent: "The agent is on the way", initializing: "The agent is getting ready", idle: "Listening", listening: "Listening", thinking: "Thinking", speaking: "Speaking" };
