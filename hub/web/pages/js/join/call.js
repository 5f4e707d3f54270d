// The caller's side of one call, from the link to its end. What it knows is in `store`; the view only reads that.
import { createStore } from "../dom.js";
import { Refused } from "../http.js";
import { Asked, NOTHING_ASKED, askedBefore } from "./asked.js";
import { createMeter, wakeAudio } from "./levels.js";
import { joinInfo, signalUrl, takeSeat } from "./link.js";
import { microphones, openMicrophone } from "./microphone.js";
import { createRoom, sendText } from "./room.js";
import { keepLines, keptLines, withAllFinal, withSegment, withTool, withToolEnded } from "./transcript.js";
import * as words from "./words.js";

const AGENT_WITHIN = 10_000;
/** A call that has lost its agent is given to another one; the hub looks for one for 30 seconds. */
const AGENT_BACK_WITHIN = 35_000;
const LEAVE_AFTER_GOODBYE = 5_000;
const ASK_WHETHER_OVER_EVERY = 2_000;
const ASK_WHY_TIMES = 4;
const ASK_WHY_EVERY = 500;
const NOTICE_STAYS = 8_000;
const GETTING_READY = new Set(["absent", "initializing"]);
const OVER = new Set(["ROOM_DELETED", "ROOM_CLOSED", "PARTICIPANT_REMOVED"]);

const START = {
  phase: "loading", step: "", info: null, problem: null, ended: null, since: 0,
  agent: "absent", notice: "", trouble: "", soundBlocked: false,
  microphone: "none", microphoneId: "", devices: [], lines: [], ...NOTHING_ASKED,
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Call {
  #link;
  #asked;
  #room = null;
  #track = null;
  #meters = { microphone: null, agent: null };
  #timers = new Map();
  #typing = false;
  #tried = false;
  #busy = false;
  #reason = "";
  #unsent = [];
  #typed = 0;

  constructor(link) {
    this.#link = link;
    this.store = createStore({ ...START, lines: keptLines(link.callId) });
    this.#asked = new Asked(link, this.store, { notice: (text) => this.#notice(text), look: () => this.#infoWhileInCall() });
  }

  #set = (change) => {
    this.store.set(change);
    if (change.lines) keepLines(this.#link.callId, change.lines);
  };

  #timer(name, ms, then) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, then ? setTimeout(then, ms) : 0);
  }

  #level(whose, mediaStreamTrack) {
    this.#meters[whose]?.close();
    this.#meters[whose] = mediaStreamTrack ? createMeter(mediaStreamTrack) : null;
  }

  microphoneLevel = () => (this.store.get().microphone === "on" ? this.#meters.microphone?.read() : 0);
  agentLevel = () => this.#meters.agent?.read();

  /** Look up what the link leads to. */
  async load() {
    if (!this.#link.callId || !this.#link.key) return this.#fail(words.NO_LINK);
    this.#set({ phase: "loading", problem: null, ended: null });
    try {
      const info = await joinInfo(this.#link);
      this.#set({ info });
      if (info.status === "ended") this.#finish(info.ended_reason);
      else this.#set({ phase: "ready" });
    } catch (error) {
      this.#refused(error);
    }
  }

  async retry() {
    await this.load();
    if (this.store.get().phase === "ready" && this.#tried) await this.join({ typing: this.#typing });
  }

  async join({ typing = false } = {}) {
    if (this.#busy) return;
    this.#busy = true;
    this.#typing = typing;
    try {
      if (await this.#prepare(typing)) await this.#enter();
    } finally {
      this.#busy = false;
    }
  }

  async #prepare(typing) {
    wakeAudio();
    this.#set({ phase: "connecting", step: typing ? "Opening the call" : "Asking for your microphone", problem: null });
    if (typing) return true;
    try {
      this.#track = await openMicrophone(this.store.get().microphoneId);
      return true;
    } catch (error) {
      this.#set({ phase: "ready", step: "", problem: words.microphoneProblem(error) });
      return false;
    }
  }

  async #enter() {
    this.#set({ step: "Opening the call", agent: "absent", notice: "", trouble: "" });
    this.#tried = true;
    this.#reason = "";
    const room = createRoom(this.#listener());
    this.#room = room;
    let seat;
    try {
      seat = await takeSeat(this.#link);
    } catch (error) {
      this.#close();
      return this.#refused(error);
    }
    try {
      await room.connect(signalUrl(seat.url, window.location), seat.token);
      if (this.#track) await this.#publish();
    } catch {
      if (this.#room === room) await this.#giveUp(words.MEDIA_UNREACHABLE);
      return;
    }
    if (this.#room !== room) return;
    this.#set({ phase: "in-call", step: "", ...askedBefore(this.store.get().info), since: Date.now(), soundBlocked: !room.canPlaybackAudio });
    if (this.store.get().agent === "absent") this.#timer("agent", AGENT_WITHIN, () => this.#giveUp(words.NO_AGENT));
  }

  #listener() {
    return {
      agentCame: () => {
        this.#timer("agent");
        this.#timer("over");
      },
      agentLeft: () => this.#agentLeft(),
      agentState: (agent) => this.#agentIs(agent),
      agentSound: (mediaStreamTrack) => this.#level("agent", mediaStreamTrack),
      segment: (segment) => this.#set({ lines: withSegment(this.store.get().lines, segment) }),
      hubEvent: (event) => this.#hubEvent(event),
      reconnecting: () => this.#reconnecting(),
      reconnected: () => {
        this.#timer("over");
        this.#set({ phase: "in-call" });
        this.#flush();
      },
      disconnected: (reason) => this.#disconnected(reason),
      soundAllowed: (allowed) => this.#set({ soundBlocked: !allowed }),
      devicesChanged: () => this.#listMicrophones(),
    };
  }

  #agentIs(agent) {
    this.#set({ agent });
    this.#flush();
  }

  #agentLeft() {
    const { lines } = this.store.get();
    this.#set({ agent: "absent", lines: withAllFinal(lines) });
    this.#timer("agent", AGENT_BACK_WITHIN, () => this.#giveUp(words.AGENT_GONE));
    this.#askWhetherOver();
  }

  #reconnecting() {
    if (this.store.get().phase === "connecting") return;
    this.#set({ phase: "reconnecting" });
    this.#askWhetherOver();
  }

  /** While something is missing, the hub may already know that the call is over. */
  #askWhetherOver() {
    this.#timer("over", ASK_WHETHER_OVER_EVERY, async () => {
      const room = this.#room;
      const info = await this.#currentInfo();
      if (!room || room !== this.#room || !this.#timers.get("over")) return;
      if (info?.status !== "ended") return this.#askWhetherOver();
      this.#close();
      this.#finish(info.ended_reason);
    });
  }

  async #currentInfo() {
    try {
      return await joinInfo(this.#link);
    } catch (error) {
      return error instanceof Refused && error.code === "already_ended" ? { status: "ended", ended_reason: this.#reason } : null;
    }
  }

  async #disconnected(reason) {
    // While joining, the join itself fails, and says so.
    if (!this.#room || this.store.get().phase === "connecting") return;
    this.#close();
    if (reason === "DUPLICATE_IDENTITY") return this.#fail(words.ELSEWHERE);
    this.#set({ step: "Looking up why the call ended" });
    const over = OVER.has(reason) || this.#reason;
    for (let tries = over ? ASK_WHY_TIMES : 1; tries > 0; tries -= 1) {
      const info = await this.#currentInfo();
      if (info?.status === "ended") return this.#finish(info.ended_reason || this.#reason);
      if (tries > 1) await pause(ASK_WHY_EVERY);
    }
    return over ? this.#finish(this.#reason) : this.#fail(words.CONNECTION_LOST);
  }

  /** It does not work out; if the hub knows a better reason, that one is told. */
  async #giveUp(problem) {
    this.#close();
    const info = await this.#currentInfo();
    if (info?.status === "ended") this.#finish(info.ended_reason);
    else this.#fail(problem);
  }

  async #refused(error) {
    const info = error.code === "already_ended" ? await this.#currentInfo() : null;
    if (error.code === "already_ended") this.#finish(info?.ended_reason);
    else this.#fail(words.hubProblem(error));
  }

  #finish(reason) {
    const end = words.endedWords(reason);
    if (end.calm) this.#set({ phase: "ended", ended: end, problem: null, step: "" });
    else this.#fail({ ...end, actions: [] });
  }

  #fail(problem) {
    this.#set({ phase: "failed", problem, ended: null, step: "" });
  }

  /** Let go of everything; what LiveKit says afterwards is of no interest. */
  #close() {
    const room = this.#room;
    this.#room = null;
    for (const name of this.#timers.keys()) this.#timer(name);
    this.#level("microphone", null);
    this.#level("agent", null);
    this.#track?.stop();
    this.#track = null;
    this.#unsent = [];
    this.#set({ microphone: "none", agent: "absent", soundBlocked: false, trouble: "", notice: "", ...NOTHING_ASKED, lines: withAllFinal(this.store.get().lines) });
    room?.disconnect().catch(() => {});
    document.querySelectorAll("body > audio").forEach((element) => element.remove());
  }

  leave() {
    if (!this.#room) return;
    this.#close();
    this.#set({ phase: "ended", ended: words.LEFT });
    this.#askWhetherComingBackIsPossible();
  }

  async #askWhetherComingBackIsPossible() {
    for (let tries = 0; tries < ASK_WHY_TIMES; tries += 1) {
      await pause(ASK_WHETHER_OVER_EVERY);
      const info = await this.#currentInfo();
      if (this.store.get().ended !== words.LEFT) return;
      if (info?.status === "ended") return this.#finish(info.ended_reason);
    }
  }

  #hubEvent(event) {
    const { lines } = this.store.get();
    const id = event.tool_call || event.tool || "tool";
    if (event.kind === "tool_started") this.#set({ lines: withTool(lines, id, event.title || event.text || event.tool || "a tool") });
    else if (event.kind === "tool_ended") this.#set({ lines: withToolEnded(lines, id, event.ok !== false, event.rows || event.text ? event : null) });
    else if (this.#asked.take(event)) return;
    else if (event.kind === "notice") this.#notice(event.text || "");
    else if (event.kind === "provider") this.#set({ trouble: event.ok === true ? "" : words.providerWords(event) });
    else if (event.kind === "recording") this.#recording(event.on === true);
    else if (event.kind === "ended") this.#goodbye(event.reason || "");
  }

  /** It can only end early: that it begins, the page has said before. */
  #recording(on) {
    if (!on && this.store.get().info?.recorded) this.#notice("The recording has ended; the call goes on.");
    this.#set({ info: { ...this.store.get().info, recorded: on } });
  }

  /** Answers on the page what could be said as well: see Asked. */
  decide = (decision) => this.#asked.decide(decision);
  fill = (decision, content) => this.#asked.fill(decision, content);

  async #infoWhileInCall() {
    const info = await this.#currentInfo();
    return this.#room ? info : null;
  }

  #notice(notice) {
    this.#set({ notice });
    this.#timer("notice", NOTICE_STAYS, () => this.#set({ notice: "" }));
  }

  /** The agent says that the call ends; the hub normally closes the room at once. */
  #goodbye(reason) {
    this.#reason = reason;
    this.#timer("goodbye", LEAVE_AFTER_GOODBYE, () => this.#disconnected("ROOM_CLOSED"));
  }

  /** What is typed before the agent listens is kept and sent when it does. */
  send(text) {
    const said = text.trim();
    if (!said || !this.#room) return;
    this.#typed += 1;
    const segment = `typed-${Date.now()}-${this.#typed}`;
    this.#set({ lines: withSegment(this.store.get().lines, { segment, role: "caller", text: said, final: true, typed: true }) });
    this.#unsent.push(said);
    this.#flush();
  }

  async #flush() {
    const room = this.#room;
    const { agent, phase } = this.store.get();
    if (!room || phase !== "in-call" || GETTING_READY.has(agent)) return;
    while (this.#unsent.length && room === this.#room) {
      const text = this.#unsent.shift();
      try {
        await sendText(room, text);
      } catch {
        this.#notice("What you typed last did not reach the agent. Send it again.");
      }
    }
  }

  async #publish() {
    const { TrackEvent } = window.LivekitClient;
    const track = this.#track;
    track.on(TrackEvent.Restarted, () => this.#level("microphone", track.mediaStreamTrack));
    // LiveKit goes on with another microphone when one vanishes, and mutes when there is none.
    track.on(TrackEvent.Muted, () => {
      if (this.store.get().microphone !== "on" || track !== this.#track) return;
      this.#set({ microphone: "muted" });
      this.#notice(words.MICROPHONE_LOST);
    });
    await this.#room.localParticipant.publishTrack(track);
    this.#level("microphone", track.mediaStreamTrack);
    this.#set({ microphone: "on", microphoneId: await track.getDeviceId() });
    await this.#listMicrophones();
  }

  #listMicrophones = async () => this.#set({ devices: await microphones() });

  /** Mute, unmute, or (for somebody who joined by typing) start the microphone. */
  async toggleMicrophone() {
    if (!this.#room) return;
    if (!this.#track) return this.#startMicrophone();
    const on = this.store.get().microphone === "on";
    this.#set({ microphone: on ? "muted" : "on" });
    try {
      await (on ? this.#track.mute() : this.#track.unmute());
    } catch (error) {
      this.#set({ microphone: "muted" });
      this.#microphoneTrouble(error);
    }
  }

  #microphoneTrouble(error) {
    const { text, next } = words.microphoneProblem(error);
    this.#notice(`${text} ${next}`);
  }

  async #startMicrophone() {
    if (this.#busy) return;
    this.#busy = true;
    const room = this.#room;
    try {
      const track = await openMicrophone(this.store.get().microphoneId);
      if (room !== this.#room) return track.stop();
      this.#track = track;
      await this.#publish();
    } catch (error) {
      this.#microphoneTrouble(error);
    } finally {
      this.#busy = false;
    }
  }

  async chooseMicrophone(id) {
    this.#set({ microphoneId: id });
    if (!this.#track) return this.#startMicrophone();
    try {
      await this.#room.switchActiveDevice("audioinput", id);
    } catch {
      this.#notice("That microphone could not be started. Choose another one.");
    }
  }

  /** Browsers may hold back sound until somebody presses a button. */
  turnOnSound() {
    wakeAudio();
    this.#room?.startAudio().catch(() => this.#notice("The browser still holds the sound back. Press again."));
  }
}
