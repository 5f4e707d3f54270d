// Which page an address means, and going there without loading anew.
import { createStore } from "../dom.js";

function read() {
  const [, kind, name] = window.location.pathname.split("/");
  return { kind: kind || "home", name: name ? decodeURIComponent(name) : "" };
}

export const place = createStore(read());

export function go(path) {
  window.history.pushState(null, "", path);
  place.set(read());
  window.scrollTo(0, 0);
}

/** Links to pages of the dashboard stay in this document; all others do what links do. */
export function listen() {
  window.addEventListener("popstate", () => place.set(read()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const own = link && link.origin === window.location.origin && /^\/($|calls\/|servers\/)/.test(link.pathname);
    if (!own || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname);
  });
}
