// The caller's microphone: asking for it, and telling which one it is.

const CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Ask for the microphone; rejects with the browser's own error, or one named InsecureContext. */
export async function openMicrophone(deviceId) {
  if (!window.isSecureContext || !navigator.mediaDevices) {
    throw Object.assign(new Error("no secure context"), { name: "InsecureContext" });
  }
  const wanted = deviceId ? { ...CONSTRAINTS, deviceId } : CONSTRAINTS;
  return await window.LivekitClient.createLocalAudioTrack(wanted);
}

/** The microphones there are; names are known only once one was allowed. */
export async function microphones() {
  if (!navigator.mediaDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  const inputs = devices.filter((device) => device.kind === "audioinput" && device.deviceId);
  return inputs.map((device, index) => ({ id: device.deviceId, name: device.label || `Microphone ${index + 1}` }));
}
