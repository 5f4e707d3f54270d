// The link of a call: /join/<call_id>#<key>. The key never leaves the fragment but in the body of these two requests.
import { ask } from "../http.js";

export function readLink(location) {
  const callId = decodeURIComponent(location.pathname.split("/")[2] || "");
  return { callId, key: decodeURIComponent(location.hash.slice(1)) };
}

/** What the call is about; creates nothing. */
export const joinInfo = ({ callId, key }) => ask("POST", "/api/join/info", { call_id: callId, key });

/** A seat in the room: {url, token, identity, expires_at}. */
export const takeSeat = ({ callId, key }) => ask("POST", "/api/join", { call_id: callId, key });

/** The caller's yes or no to a change that the agent wants to make. */
export const decide = ({ callId, key }, action, decision) => ask("POST", "/api/join/action", { call_id: callId, key, action_id: action, decision });

/** The caller's answer to what a server wants to know. */
export const fill = ({ callId, key }, form, decision, content) => ask("POST", "/api/join/form", { call_id: callId, key, form_id: form, decision, content });

/** Signalling runs under the origin of this page, by whatever name it was opened; an outside LiveKit keeps its url. */
export function signalUrl(url, location) {
  const given = new URL(url, location.href);
  if (given.pathname !== "/lk" && !given.pathname.startsWith("/lk/")) return given.href.replace(/^http/, "ws");
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${given.pathname}`;
}
