// The learner's course as the server tells it. The address of the page is the only credential.

const here = new URL(globalThis.location.href);

/** `/launch/{token}`, under whatever path a proxy has put it. */
const LINK = here.pathname.replace(/\/+$/, "");

/** A refusal; status 0 if there was no answer. */
export class Refusal extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }

  /** Whether the link itself is no good. */
  get isEnd() {
    return [401, 403, 404, 410].includes(this.status);
  }
}

/** The outline, with what is done and what is next. */
export async function course() {
  return ask("GET", `${LINK}/course`);
}

/** Launches a unit: where it is, and how it is to be shown. */
export async function launch(unit) {
  return ask("POST", `${LINK}/units/${unit}`, {});
}

/** Keeps what the learner prefers; units are told too (cmi5 11). */
export async function prefer(preferences) {
  await ask("PUT", `${LINK}/preferences`, preferences);
}

/** Tells that the learner has left a unit: if it does not say so itself, its session is over soon. */
export async function left(returnUrl) {
  const url = new URL(returnUrl, here);
  if (url.origin !== here.origin) return; // The learner goes back to somebody else, who sees to it.
  await ask("POST", url.pathname).catch(() => undefined);
}

async function ask(method, url, body) {
  const headers = body && { "Content-Type": "application/json" };
  const options = { method, headers, body: body && JSON.stringify(body), cache: "no-store", keepalive: true };
  try {
    const answer = await fetch(url, options);
    if (!answer.ok) throw new Refusal(answer.status);
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    // What was cut off, or comes from a proxy on the way, is no answer.
    throw error instanceof Refusal ? error : new Refusal(0);
  }
}
