// What an assignable unit does by the cmi5 standard (Quartz), without any library: the section of each step is
// named beside it. Nothing in here knows this course.

const EXTENSION = "https://w3id.org/xapi/cmi5/context/extensions/";
const CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/";
const PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress";
const ADL = "http://adlnet.gov/expapi/verbs/";
const VERSION = "1.0.3";
const RETURN = "cmi5 return";
const PARAMETERS = ["endpoint", "fetch", "registration", "activityId", "actor"];

/** A refusal, or a server that cannot be reached. */
export class Trouble extends Error {
  /** `status` is that of the answer, 0 if there was none. */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** One session of one learner with one unit, from its launch to `terminated`. */
export class Session {
  /** `LMS.LaunchData` (10): launchMode, moveOn, masteryScore, returnURL … */
  data;
  /** The learner's languages, the best one first. */
  languages = [];
  /** What the unit itself keeps for this learner: a bookmark, and what was told already. */
  kept = {};

  #launch;
  /** What this page must still know when it is loaded again: the token is given out only once (8.2). */
  #visit = { authorization: undefined, started: Date.now(), said: [] };

  /** Everything that comes before the first statement, and that statement (7.1.1, 8, 9.3.2, 10, 11). */
  static async open(address = globalThis.location.href) {
    const session = new Session();
    session.#launch = launchParameters(address);
    const remembered = sessionStorage.getItem(session.#memory);
    if (remembered) session.#visit = JSON.parse(remembered);
    else session.#remember({ authorization: await fetchToken(session.#launch.fetch) });
    session.data = await session.#state("LMS.LaunchData");
    if (!session.data) throw new Trouble("the launch data is missing", 404);
    if (session.data.returnURL) sessionStorage.setItem(RETURN, session.data.returnURL);
    const preferences = await session.#document("agents/profile", { profileId: "cmi5LearnerPreferences" });
    session.languages = (preferences?.languagePreference ?? "").split(",").filter(Boolean);
    session.kept = (await session.#state("kept")) ?? {};
    if (!session.#visit.said.includes("initialized")) await session.#say("initialized", {});
    return session;
  }

  /** Where a learner goes who cannot go on here; known even when `open` has failed. */
  static returnUrl() {
    return sessionStorage.getItem(RETURN) ?? undefined;
  }

  /** Whether this visit may complete, pass or fail anything (10.2.2). */
  get counts() {
    return this.data.launchMode === "Normal";
  }

  /** Whether the learner was judged in this visit already: that happens once in a session (9.3). */
  get isJudged() {
    return this.#visit.said.some((verb) => ["passed", "failed"].includes(verb));
  }

  /** What must be reached to pass, from 0 to 1 (10.2.4). */
  get masteryScore() {
    return this.data.masteryScore ?? 0;
  }

  /** Keeps something for the learner's next visit. */
  async keep(more) {
    Object.assign(this.kept, more);
    await this.#request("PUT", "activities/state", this.#stateKey("kept"), this.kept);
  }

  /** How far the learner is, in percent (9.5.5.1). Not a cmi5 defined statement: it decides nothing. */
  async progressed(percent) {
    const verb = { id: `${ADL}progressed`, display: { en: "progressed" } };
    await this.#send([this.#allowed(verb, {}, { extensions: { [PROGRESS]: percent } })]);
  }

  /** The learner's answers, in one request. The object of each is a `part` of this unit. */
  async answered(answers) {
    const verb = { id: `${ADL}answered`, display: { en: "answered" } };
    const about = ({ part, definition }) => ({ id: `${this.#launch.activityId}/${part}`, definition });
    await this.#send(answers.map(({ object, ...result }) => this.#allowed(verb, about(object), result)));
  }

  /** The whole unit was experienced (9.3.3); told once. */
  async completed() {
    await this.#tell("completed", { completion: true });
  }

  /** The learner was judged (9.3.4, 9.3.5); returns whether they passed. */
  async judged(right, of) {
    const score = { scaled: right / of, raw: right, min: 0, max: of };
    const success = score.scaled >= this.masteryScore;
    await this.#tell(success ? "passed" : "failed", { success, score });
    return success;
  }

  /** The last statement (9.3.8), and back to where the learner came from (10.2.6). */
  async close() {
    await this.#say("terminated", { duration: this.#duration() });
    sessionStorage.removeItem(this.#memory);
    if (this.data.returnURL) globalThis.location.assign(this.data.returnURL);
    else globalThis.close();
  }

  async #tell(verb, result) {
    if (!this.counts || this.kept.told?.includes(verb)) return;
    await this.#say(verb, { ...result, duration: this.#duration() });
    // Completed and passed are said once in a registration (9.3).
    if (verb !== "failed") await this.keep({ told: [...(this.kept.told ?? []), verb] });
  }

  async #say(verb, result) {
    await this.#send([this.#defined(verb, result)]);
    this.#remember({ said: [...this.#visit.said, verb] });
  }

  /** A cmi5 defined statement (7.1.2). */
  #defined(verb, result) {
    const judges = "success" in result || "completion" in result;
    const category = [{ id: `${CATEGORY}cmi5` }, ...(judges ? [{ id: `${CATEGORY}moveon` }] : [])];
    const scored = result.score && this.data.masteryScore !== undefined;
    const extensions = scored ? { [`${EXTENSION}masteryscore`]: this.data.masteryScore } : {};
    return this.#statement({ id: `${ADL}${verb}`, display: { en: verb } }, {}, result, { category }, extensions);
  }

  /** A cmi5 allowed statement (7.1.3). */
  #allowed(verb, object, result) {
    return this.#statement(verb, object, result, {}, {});
  }

  /** What every statement has (9), on top of the template of the launch (10.2.1). */
  #statement(verb, object, result, activities, extensions) {
    const template = this.data.contextTemplate;
    return {
      id: uuid(),
      actor: this.#launch.actor,
      verb,
      object: { objectType: "Activity", id: this.#launch.activityId, ...object },
      ...(Object.keys(result).length > 0 && { result }),
      context: {
        ...template,
        registration: this.#launch.registration,
        contextActivities: { ...template.contextActivities, ...activities },
        extensions: { ...template.extensions, ...extensions },
      },
      timestamp: new Date().toISOString(),
    };
  }

  async #send(statements) {
    await this.#request("POST", "statements", {}, statements);
  }

  async #state(stateId) {
    return this.#document("activities/state", this.#stateKey(stateId));
  }

  #stateKey(stateId) {
    const { activityId, registration } = this.#launch;
    return { stateId, activityId, registration };
  }

  /** A document of this learner, if there is one. */
  async #document(resource, key) {
    const answer = await this.#request("GET", resource, key).catch((trouble) => {
      if (trouble.status === 404) return undefined;
      throw trouble;
    });
    return answer && read(answer);
  }

  async #request(method, resource, key, body) {
    const query = new URLSearchParams(key);
    if (resource !== "statements") query.set("agent", JSON.stringify(this.#launch.actor));
    const url = [`${this.#launch.endpoint.replace(/\/$/, "")}/${resource}`, query].filter(String).join("?");
    const headers = { Authorization: this.#visit.authorization, "X-Experience-API-Version": VERSION };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await reach(url, { method, headers, body: body && JSON.stringify(body) });
    // What is not read to its end is cut off when the page is left.
    if (method !== "GET") await answer.arrayBuffer();
    return answer;
  }

  #duration() {
    return `PT${((Date.now() - this.#visit.started) / 1000).toFixed(2)}S`;
  }

  get #memory() {
    return `cmi5 ${this.#launch.fetch}`;
  }

  #remember(more) {
    Object.assign(this.#visit, more);
    sessionStorage.setItem(this.#memory, JSON.stringify(this.#visit));
  }
}

/** What the launch has put into the address (8.1). */
function launchParameters(address) {
  const query = new URL(address).searchParams;
  const values = Object.fromEntries(PARAMETERS.map((name) => [name, query.get(name)]));
  const missing = PARAMETERS.filter((name) => !values[name]);
  if (missing.length > 0) throw new Trouble(`this is not a launch: no ${missing.join(", no ")}`, 400);
  try {
    return { ...values, actor: JSON.parse(values.actor) };
  } catch (error) {
    throw new Trouble(`this is not a launch: actor: ${error.message}`, 400);
  }
}

/** Exchanges the fetch URL for a token (8.2); an answer of 200 may still be a refusal (8.2.3). */
async function fetchToken(url) {
  const answer = await read(await reach(url, { method: "POST" }));
  if (!answer["auth-token"]) throw new Trouble(answer["error-text"] ?? "no token was given", 403);
  return `Basic ${answer["auth-token"]}`;
}

/** What an answer says; what was cut off, or comes from a proxy on the way, is none. */
async function read(answer) {
  return answer.json().catch((error) => {
    throw new Trouble(error.message);
  });
}

/** An answer with a status of success, or `Trouble`. What fails on the way is tried three times. */
async function reach(url, options, left = 2) {
  let trouble;
  try {
    const answer = await fetch(url, { ...options, cache: "no-store", referrerPolicy: "no-referrer" });
    if (answer.ok) return answer;
    trouble = new Trouble(await answer.text(), answer.status);
  } catch (error) {
    trouble = new Trouble(error.message);
  }
  // A token that was given out on the way here and lost is not given out again.
  if (!trouble.isPassing || left === 0) throw trouble;
  await new Promise((resolve) => setTimeout(resolve, 500 * (3 - left)));
  return reach(url, options, left - 1);
}

/** `crypto.randomUUID` is only there on secure origins, and a server in the next room is none. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
