// One LiveKit room, told to a listener in the words of this page.

const TRANSCRIPTION = "lk.transcription";
const CHAT = "lk.chat";
const HUB_EVENTS = "hub.events";
const AGENT_STATE = "lk.agent.state";
const SAYABLE = 4000;

/**
 * A room that is not connected yet. The listener has: agentCame, agentLeft, agentState, agentSound, segment, hubEvent,
 * reconnecting, reconnected, disconnected, soundAllowed, devicesChanged.
 */
export function createRoom(listener) {
  const LK = window.LivekitClient;
  const room = new LK.Room({ disconnectOnPageLeave: false, stopLocalTrackOnUnpublish: true });
  const isAgent = (participant) => participant.kind === LK.ParticipantKind.AGENT;
  const seen = (participant) => {
    if (!isAgent(participant)) return;
    listener.agentCame();
    listener.agentState(participant.attributes[AGENT_STATE] || "initializing");
  };
  const left = (participant) => {
    const others = [...room.remoteParticipants.values()].some((other) => other !== participant && isAgent(other));
    if (isAgent(participant) && !others) listener.agentLeft();
  };

  room
    .on(LK.RoomEvent.Connected, () => room.remoteParticipants.forEach(seen))
    .on(LK.RoomEvent.ParticipantConnected, seen)
    .on(LK.RoomEvent.ParticipantDisconnected, left)
    .on(LK.RoomEvent.ParticipantAttributesChanged, (_, participant) => seen(participant))
    .on(LK.RoomEvent.TrackSubscribed, (track, _, participant) => {
      if (track.kind !== LK.Track.Kind.Audio) return;
      document.body.append(track.attach());
      seen(participant);
      listener.agentSound(track.mediaStreamTrack);
    })
    .on(LK.RoomEvent.TrackUnsubscribed, (track) => {
      track.detach().forEach((element) => element.remove());
      listener.agentSound(null);
    })
    .on(LK.RoomEvent.SignalReconnecting, () => listener.reconnecting())
    .on(LK.RoomEvent.Reconnecting, () => listener.reconnecting())
    .on(LK.RoomEvent.Reconnected, () => {
      room.remoteParticipants.forEach(seen);
      listener.reconnected();
    })
    .on(LK.RoomEvent.Disconnected, (reason) => listener.disconnected(LK.DisconnectReason[reason] || ""))
    .on(LK.RoomEvent.AudioPlaybackStatusChanged, () => listener.soundAllowed(room.canPlaybackAudio))
    .on(LK.RoomEvent.MediaDevicesChanged, () => listener.devicesChanged());

  room.registerTextStreamHandler(TRANSCRIPTION, (reader, { identity }) =>
    readSegment(reader, identity === room.localParticipant.identity ? "caller" : "agent", listener),
  );
  room.registerTextStreamHandler(HUB_EVENTS, async (reader) => {
    try {
      listener.hubEvent(JSON.parse(await reader.readAll()));
    } catch {
      // A stream that broke off, or words of a newer worker: the transcript and the call's end tell the rest.
    }
  });
  return room;
}

/** The agent's words come as pieces of one stream; each guess at the caller's words is a stream of its own. */
async function readSegment(reader, role, listener) {
  const segment = reader.info.attributes["lk.segment_id"] || reader.info.id;
  let text = "";
  try {
    for await (const piece of reader) {
      text += piece;
      listener.segment({ segment, role, text, final: false });
    }
  } catch {
    // Cut off in the middle: what has arrived is what was said.
  }
  const final = role === "agent" || reader.info.attributes["lk.transcription_final"] === "true";
  listener.segment({ segment, role, text, final });
}

export const sendText = (room, text) => room.localParticipant.sendText(text.slice(0, SAYABLE), { topic: CHAT });
