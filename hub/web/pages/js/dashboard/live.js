// Live updates: one stream of events from the hub, opened again for as long as the page is looked at.
import { ask, HubGone } from "../http.js";

const TRY_AGAIN_AFTER = 1_000;

/**
 * Follow `path`. `events` maps event names to functions of their data; `tell` hears how the connection is:
 * {is: "connecting" | "live" | "lost"}, or {is: "refused", error} when the hub does not want to.
 * After an error `probe` is asked first, because an event stream does not say why it failed. Returns how to stop.
 */
export function follow(path, probe, events, tell) {
  let source = null;
  let timer = 0;
  let over = false;

  function open() {
    source = new EventSource(path);
    source.onopen = () => tell({ is: "live" });
    source.onerror = () => {
      close();
      tell({ is: "lost" });
      timer = setTimeout(retry, TRY_AGAIN_AFTER);
    };
    for (const [name, take] of Object.entries(events)) source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  }

  function close() {
    source?.close();
    source = null;
    clearTimeout(timer);
  }

  async function retry() {
    try {
      await ask("GET", probe);
    } catch (error) {
      if (over || document.hidden) return;
      const passing = error instanceof HubGone || error.status >= 500;
      if (passing) timer = setTimeout(retry, TRY_AGAIN_AFTER);
      else tell({ is: "refused", error });
      return;
    }
    if (!over && !document.hidden) open();
  }

  // Browsers allow six connections to one origin over HTTP/1.1: a tab that nobody looks at gives its own back.
  const looked = () => {
    close();
    if (!document.hidden) open();
  };
  document.addEventListener("visibilitychange", looked);
  tell({ is: "connecting" });
  if (!document.hidden) open();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", looked);
    close();
  };
}
