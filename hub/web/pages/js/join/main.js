// The join page: reads the link, shows the call, and keeps <body data-state> at where the caller stands.
import { html, render } from "../dom.js";
import { Call } from "./call.js";
import { readLink } from "./link.js";
import { Page } from "./view.js";

const TITLES = { "in-call": "In the call", reconnecting: "Reconnecting…", ended: "The call is over", failed: "The call did not work" };

const call = new Call(readLink(window.location));
call.store.subscribe(({ phase }) => {
  if (document.body.dataset.state === phase) return;
  document.body.dataset.state = phase;
  document.title = `${TITLES[phase] || "Join the call"} · voice hub`;
});
// A link pasted over this one changes only the fragment, which does not load a page by itself.
window.addEventListener("hashchange", () => window.location.reload());
render(html`<${Page} call=${call} />`, document.getElementById("page"));
call.load();
