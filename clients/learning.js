// What the clients tell the server: small statements whose actor is new in each call, so that tests share a
// server without seeing each other's records.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export const DID = "http://adlnet.gov/expapi/verbs/completed";
export const SAW = "http://adlnet.gov/expapi/verbs/experienced";
export const COURSE = "https://example.com/activities/first-aid";

/** A learner whom nobody knows yet. */
export function learner(name = "Ada") {
  return { objectType: "Agent", name, mbox: `mailto:${randomUUID()}@example.com` };
}

/** A statement of this learner. */
export function statement(actor, more = {}) {
  return {
    actor,
    verb: { id: DID, display: { en: "completed", de: "beendete" } },
    object: { id: COURSE, objectType: "Activity", definition: { name: { en: "First aid", de: "Erste Hilfe" } } },
    ...more,
  };
}

/** One of `count` statements after the other; `result.response` numbers them. */
export function statements(actor, count) {
  return Array.from({ length: count }, (_, index) => statement(actor, { result: { response: `${index}` } }));
}

/** The numbers of statements made by `statements`. */
export function numbers(list) {
  return list.map(({ result }) => Number(result.response));
}

/** A statement that the standard does not allow: it breaks two rules. */
export function invalid(actor) {
  return statement(actor, { verb: { id: "not an IRI" }, result: { score: { scaled: 7 } } });
}

/** Checks that a problem tells both faults of `invalid`, so that its reader can mend them. */
export function wellTold({ status, errors }) {
  assert.equal(status, 400);
  assert.deepEqual(errors.map(({ pointer }) => pointer).sort(), ["/result/score/scaled", "/verb/id"]);
  for (const { requirement, clause, detail, fix } of errors) {
    assert.match(requirement, /^XAPI-\d+/);
    assert.ok(clause && detail && fix, JSON.stringify({ clause, detail, fix }));
  }
}

/** Registers a learner of this name for a course. */
export async function register(server, courseId, name) {
  const actor = { objectType: "Agent", account: { homePage: server.origin, name } };
  const { status, body } = await server.api("POST", "/api/v1/registrations", { courseId, actor });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}
