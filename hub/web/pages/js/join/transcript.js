// What was said, line by line. Pure: each function takes the lines and returns new ones.

/** Put a segment's text so far; the same segment again replaces its text (the recogniser corrects itself). */
export function withSegment(lines, { segment, role, text, final, typed = false }) {
  const known = lines.findIndex((line) => line.segment === segment && line.role === role);
  if (!text.trim()) return known >= 0 && final ? lines.filter((_, index) => index !== known) : lines;
  const line = { segment, role, text, final, typed };
  return known < 0 ? [...lines, line] : lines.map((old, index) => (index === known ? line : old));
}

/** A ToolCall that began (or is announced again under the same id). */
export function withTool(lines, id, title) {
  if (lines.some((line) => line.role === "tool" && line.segment === id)) return lines;
  return [...lines, { segment: id, role: "tool", text: title, final: false, ok: null }];
}

/** `shown` is what it gave, for the eye: { total, rows } or { text }. */
export function withToolEnded(lines, id, ok, shown = null) {
  return lines.map((line) => (line.role === "tool" && line.segment === id ? { ...line, final: true, ok, shown } : line));
}

/** When the agent or the call is gone, nothing is still being said or done. */
export function withAllFinal(lines) {
  return lines.map((line) => (line.final ? line : { ...line, final: true, ok: line.role === "tool" ? false : undefined }));
}

const KEPT_LINES = 400;

/** The lines survive a reload of this tab, and nothing else. */
export function keepLines(callId, lines) {
  try {
    sessionStorage.setItem(`transcript:${callId}`, JSON.stringify(lines.slice(-KEPT_LINES).map((line) => ({ ...line, shown: null }))));
  } catch {
    // Storage may be full or forbidden; the transcript is in the hub anyway.
  }
}

export function keptLines(callId) {
  try {
    return withAllFinal(JSON.parse(sessionStorage.getItem(`transcript:${callId}`)) || []);
  } catch {
    return [];
  }
}
