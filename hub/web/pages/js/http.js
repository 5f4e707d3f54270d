// JSON over HTTP to the hub, with its two ways to fail: it refuses (in a sentence), or it is not there.

const ANSWER_WITHIN = 20_000;

/** The hub answered with an error: `message` is a sentence, `nextStep` what to do about it. */
export class Refused extends Error {
  constructor(status, error) {
    super(error.message || `The hub answered with ${status}.`);
    this.status = status;
    this.code = error.code || "";
    this.nextStep = error.next_step || "";
  }
}

/** No answer came from the hub at all. */
export class HubGone extends Error {
  constructor() {
    super("The hub does not answer.");
    this.nextStep = "Check that it is running (hub status), then try again.";
  }
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
      cache: "no-store",
    });
  } catch {
    throw new HubGone();
  }
  const answer = await read(response);
  if (!response.ok) throw new Refused(response.status, answer.error || {});
  return answer;
}
