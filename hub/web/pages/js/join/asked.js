// What the caller can answer on the page instead of saying it: a change that wants a yes, or a server's own question.
import { decide, fill } from "./link.js";

export const NOTHING_ASKED = { action: null, form: null, deciding: false };

/** What is open already when the caller comes. */
export const askedBefore = (info) => ({ action: info?.pending_action || null, form: info?.pending_form || null });

export class Asked {
  #link;
  #store;
  #notice;
  #look;

  /** `look` fetches what the hub knows of the call now, null once it is left. */
  constructor(link, store, { notice, look }) {
    this.#link = link;
    this.#store = store;
    this.#notice = notice;
    this.#look = look;
  }

  /** One of the hub's events; whether it was about a question. */
  take(event) {
    if (event.kind === "action") this.#store.set({ action: { id: event.action, text: event.text, phrase: event.phrase }, deciding: false });
    else if (event.kind === "action_closed") this.#actionClosed(event.action);
    else if (event.kind === "form") this.#formAsked();
    else if (event.kind === "form_closed") this.#formClosed(event.action);
    else return false;
    return true;
  }

  #actionClosed(id) {
    if (this.#store.get().action?.id === id) this.#store.set({ action: null, deciding: false });
  }

  /** Press instead of saying it; whoever decides first, counts. */
  async decide(decision) {
    const { action, deciding } = this.#store.get();
    if (!action || deciding) return;
    if (await this.#told(() => decide(this.#link, action.id, decision), "no_such_action")) this.#actionClosed(action.id);
  }

  /** What a server asks is fetched: a secret, or a link, does not go through the room. */
  async #formAsked() {
    const info = await this.#look();
    if (info) this.#store.set({ form: info.pending_form || null, deciding: false });
  }

  #formClosed(id) {
    if (id?.startsWith(this.#store.get().form?.id)) this.#store.set({ form: null, deciding: false });
  }

  /** Answer a server's form, or open its link, or refuse; whoever answers first, counts. */
  async fill(decision, content = {}) {
    const { form, deciding } = this.#store.get();
    if (!form || deciding) return;
    if (await this.#told(() => fill(this.#link, form.id, decision, content), "no_such_question")) this.#formClosed(form.id);
  }

  /** Whether the question is closed: answered now, or by somebody else before (`gone`). */
  async #told(answer, gone) {
    this.#store.set({ deciding: true });
    try {
      await answer();
    } catch (error) {
      if (error.code !== gone) {
        this.#store.set({ deciding: false });
        this.#notice(`${error.message} ${error.nextStep || ""}`.trim());
        return false;
      }
    }
    return true;
  }
}
