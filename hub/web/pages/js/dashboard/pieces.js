// Small pieces that every page of the dashboard is made of.
import { html, useEffect, useState } from "../dom.js";
import { ask } from "../http.js";

/** The time, told again every second. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** A coloured dot and the word that says the same. */
export function State({ of }) {
  return html`<span class="state" data-tone=${of.tone}>${of.word}</span>`;
}

/** What went wrong, and what to do about it. */
export function Trouble({ error }) {
  if (!error) return null;
  return html`<div class="note bad" role="alert"><p><strong>${error.message}</strong></p>${error.nextStep && html`<p>${error.nextStep}</p>`}</div>`;
}

/** Nothing here yet, and what to do next. */
export function Empty({ title, children }) {
  return html`<div class="empty"><p><strong>${title}</strong></p><p class="soft">${children}</p></div>`;
}

/** Do something at the hub: [run, busy, error]; run answers what the hub said, or null. */
export function useAsk() {
  const [state, setState] = useState({ busy: false, error: null });
  const run = async (method, path, body) => {
    setState({ busy: true, error: null });
    try {
      const answer = await ask(method, path, body);
      setState({ busy: false, error: null });
      return answer;
    } catch (error) {
      setState({ busy: false, error });
      return null;
    }
  };
  return [run, state.busy, state.error];
}

export function CopyButton({ text }) {
  const [copied, setCopied] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("Copied");
    } catch {
      setCopied("Select it and copy it");
    }
  };
  return html`<button type="button" class="compact copy" onClick=${copy}>${copied || "Copy"}</button><span class="unseen" role="status">${copied}</span>`;
}

/** A join link, to be copied or opened. */
export function JoinLink({ url }) {
  return html`
    <div class="join-link">
      <input id="join-link" type="text" readonly value=${url} aria-label="Join link" onFocus=${(event) => event.target.select()} />
      <${CopyButton} text=${url} />
      <a class="button compact primary" id="open-link" href=${url} target="_blank" rel="noopener">Open</a>
    </div>
  `;
}
