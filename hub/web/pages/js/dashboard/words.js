// States, reasons and times in words, for people who run the hub.

export const SERVER_STATES = {
  ready: { word: "ready", tone: "good" },
  starting: { word: "starting", tone: "wait" },
  backoff: { word: "waiting to try again", tone: "warn" },
  stopping: { word: "stopping", tone: "wait" },
  stopped: { word: "stopped", tone: "off" },
  failed: { word: "failed", tone: "bad" },
  auth_required: { word: "needs you to sign in", tone: "warn" },
  not_configured: { word: "not configured", tone: "warn" },
  disabled: { word: "switched off", tone: "off" },
};

export const CALL_STATES = {
  scheduled: { word: "scheduled", tone: "wait" },
  waiting_for_caller: { word: "waiting for the caller", tone: "wait" },
  dialing: { word: "dialing", tone: "wait" },
  in_progress: { word: "in progress", tone: "good" },
  ended: { word: "ended", tone: "off" },
};

export const ENDED = {
  caller_left: { word: "the caller left" },
  agent_ended: { word: "the agent said goodbye" },
  operator_ended: { word: "ended from here or a client" },
  no_show: { word: "nobody joined in time" },
  max_duration: { word: "time limit reached" },
  over_budget: { word: "budget reached" },
  no_worker: { word: "no voice worker took it", bad: true, next: "Look at the voice worker under Parts." },
  provider_failed: { word: "a speech or language service failed", bad: true, next: "The timeline says which one." },
  media_lost: { word: "the sound connection was lost", bad: true },
  worker_lost: { word: "the voice worker was lost", bad: true, next: "It is started again by itself; start a new call." },
  hub_stopped: { word: "the hub was stopped", bad: true, next: "What was said until then is below." },
  cancelled: { word: "cancelled" },
  busy: { word: "the line was busy" },
  declined: { word: "declined" },
  no_answer: { word: "nobody answered" },
  voicemail: { word: "voicemail" },
};

export const KINDS = { stt: "Speech to text", llm: "Language model", tts: "Voice", supabase: "Supabase" };
export const MODES = { rehearsal: "a rehearsal, typed", browser: "spoken, in a browser", phone: "by phone", text: "typed" };
export const PARTS = { tool: "tool", prompt: "prompt", instructions: "Instructions" };
export const TRANSPORTS = { stdio: "local program", http: "HTTP", sse: "HTTP (SSE)" };
export const ROLES = { caller: "Caller", agent: "Agent", operator: "Operator", tool: "Tool" };
export const DELIVERED = {
  spoken: "Said to the caller.",
  cut_off: "Begun, but the caller spoke over it.",
  in_context: "The agent knows it now.",
  refused: "The agent could not take it.",
  queued: "On its way: the agent takes it when it can.",
};

/** A server's state, also one this page does not know yet. */
export const stateOf = (table, state) => table[state] || { word: String(state || "unknown").replaceAll("_", " "), tone: "off" };

/** Why a call ended, in words. */
export const endedOf = (reason) => ENDED[reason] || { word: String(reason || "ended").replaceAll("_", " ") };

/** Milliseconds since the epoch, of seconds or of an ISO moment. */
export function moment(value) {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value * 1000 : Date.parse(value);
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return plural(Math.floor(whole / 86_400), "day");
}

export function ago(value, now) {
  const at = moment(value);
  if (at === null) return "";
  const seconds = (now - at) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

/** When in a call that was made at `made` something happened: the time of day, or (not knowing that) minutes and seconds. */
export function timeOfDay(made, seconds) {
  return made ? new Date(made + seconds * 1000).toLocaleTimeString(undefined, { timeStyle: "medium" }) : clock(seconds);
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  return value < 10 ? `${value.toFixed(1)} ms` : value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}
