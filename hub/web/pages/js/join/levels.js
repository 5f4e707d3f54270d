// How loud something is right now, written as the CSS variable --level (0 to 1) onto whoever watches.

let context = null;
const watched = new Map();
let frame = 0;

/** Made in a click, so that browsers let it run. */
export function wakeAudio() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

/** Follow a MediaStreamTrack; `read()` gives 0 to 1, `close()` ends it. */
export function createMeter(mediaStreamTrack) {
  wakeAudio();
  const source = context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      // Speech has an RMS of about 0.02 to 0.2; the square root spreads that over the meter.
      return Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length) * 4));
    },
    close: () => source.disconnect(),
  };
}

function draw() {
  for (const [element, { meter, shown }] of watched) {
    const level = meter() ?? 0;
    const next = level > shown ? level : shown * 0.86 + level * 0.14;
    watched.get(element).shown = next;
    element.style.setProperty("--level", next.toFixed(3));
  }
  frame = watched.size ? requestAnimationFrame(draw) : 0;
}

/** Keep an element's --level at what `meter()` says; returns how to stop. */
export function showLevel(element, meter) {
  watched.set(element, { meter, shown: 0 });
  if (!frame) frame = requestAnimationFrame(draw);
  return () => watched.delete(element);
}
