// The one place that names the view library, and the small pieces of markup that both pages use.
import { html, render, useEffect, useLayoutEffect, useReducer, useRef, useState } from "/assets/vendor/standalone.module.js";

export { html, render, useEffect, useLayoutEffect, useReducer, useRef, useState };

const PATHS = {
  microphone: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15Zm6-3.5a6 6 0 0 1-12 0M12 17.5V21m-3.5 0h7",
  muted: "M4 4l16 16M15.5 11.5v-5a3.5 3.5 0 0 0-6.8-1.2M8.5 9v2.5a3.5 3.5 0 0 0 5 3.1M6 11.5a6 6 0 0 0 9.3 5M18 11.5a6 6 0 0 1-.6 2.6M12 17.5V21m-3.5 0h7",
  leave: "M3.5 14.8c4.8-4.6 12.2-4.6 17 0l-2.3 2.3-3.2-1.6v-2.4a10 10 0 0 0-6 0v2.4l-3.2 1.6z",
  send: "M5 12h13m-5.5-6 6 6-6 6",
  call: "M6.5 3.5 9 4l1.2 3.7-1.9 1.6a12 12 0 0 0 6.4 6.4l1.6-1.9L20 15l.5 2.5a3 3 0 0 1-3 3A14.5 14.5 0 0 1 3.5 6.5a3 3 0 0 1 3-3Z",
  sound: "M4.5 9.5v5h3.2l4.3 3.7V5.8L7.7 9.5zM15.5 9a4.3 4.3 0 0 1 0 6m2.6-8.6a8 8 0 0 1 0 11.2",
  done: "M5 12.5l4.5 4.5L19 7.5",
  failed: "M6.5 6.5l11 11m0-11l-11 11",
};

/** A line icon; words beside it (or an aria-label on its button) say what it means. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** Read a value now and whenever its store changes. A store is {get, subscribe}. */
export function useStore(store) {
  const [, again] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    again();
    return store.subscribe(again);
  }, [store]);
  return store.get();
}

/** A value that tells its readers when it changes; `set` merges. */
export function createStore(value) {
  const readers = new Set();
  return {
    get: () => value,
    set(change) {
      value = { ...value, ...change };
      for (const reader of readers) reader(value);
    },
    subscribe(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}

const NEAR_END = 100;

/** A list that follows what is new at its end, unless the reader has scrolled up: [ref, onScroll]. */
export function useFollowing() {
  const list = useRef(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (list.current && follows.current) list.current.scrollTop = list.current.scrollHeight;
  });
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current;
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  return [list, scrolled];
}
