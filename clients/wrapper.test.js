// ADL's xAPIWrapper, in a browser, from a page of another origin. It joins paths without a slash.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { COURSE, SAW, invalid, learner, numbers, statement, statements, wellTold } from "./learning.js";
import { onBoth } from "./server.js";

onBoth("xAPIWrapper", (server) => {
  const browser = new Browser();
  let page;
  before(async () => {
    await browser.start();
    page = await browser.open("/xapiwrapper.js");
  });
  after(() => browser.stop());

  /** Calls a method of the wrapper in the page; what its callback got. */
  const call = (method, args = [], more = {}) => {
    const config = { endpoint: `${server.endpoint}/`, user: server.key, password: server.secret, ...more };
    return page.evaluate(inPage, { config, method, args });
  };
  const save = (statement, ...rest) => call("sendStatement", [statement, "callback", ...rest]);
  const saveAll = async (list) => (await call("sendStatements", [list, "callback"])).body;
  const query = async (filter) => (await call("getStatements", [filter, null, "callback"])).body;

  test("one statement", async () => {
    const sent = statement(learner(), { id: randomUUID(), result: { score: { scaled: 0.25 } } });
    assert.equal((await save(sent)).status, 200);
    const read = await query({ statementId: sent.id });
    const { stored, timestamp, authority, version, ...rest } = read;
    assert.deepEqual(rest, sent);
    assert.ok(stored && timestamp && authority && version);
  });

  test("several statements and every filter", async () => {
    const [actor, registration, instructor] = [learner(), randomUUID(), learner("Charles")];
    const parent = `${COURSE}/${randomUUID()}`;
    const context = { registration, instructor, contextActivities: { parent: [{ id: parent }] } };
    const list = [statement(actor), statement(actor, { verb: { id: SAW } }), statement(actor, { context })];
    const ids = await saveAll(list);
    const find = async (filter) => (await query(filter)).statements.map(({ id }) => ids.indexOf(id));
    const agent = JSON.stringify(actor);
    assert.deepEqual(await find({ agent }), [2, 1, 0]);
    assert.deepEqual(await find({ agent, ascending: true }), [0, 1, 2]);
    assert.deepEqual(await find({ agent, limit: 1 }), [2]);
    assert.deepEqual(await find({ agent, verb: SAW }), [1]);
    assert.deepEqual(await find({ agent, activity: COURSE }), [2, 1, 0]);
    assert.deepEqual(await find({ activity: parent }), []);
    assert.deepEqual(await find({ activity: parent, related_activities: true }), [2]);
    assert.deepEqual(await find({ registration }), [2]);
    assert.deepEqual(await find({ agent: JSON.stringify(instructor), related_agents: true }), [2]);
    // The wrapper rounds times to milliseconds.
    assert.deepEqual(await find({ agent, since: "2001-01-01T00:00:00Z" }), [2, 1, 0]);
    assert.deepEqual(await find({ agent, until: "2001-01-01T00:00:00Z" }), []);
  });

  test("pages", async () => {
    const actor = learner();
    await saveAll(statements(actor, 7));
    let body = await query({ agent: JSON.stringify(actor), ascending: true, limit: 3 });
    const pages = [numbers(body.statements)];
    while (body.more) {
      ({ body } = await call("getStatements", [null, body.more, "callback"]));
      pages.push(numbers(body.statements));
    }
    assert.deepEqual(pages, [[0, 1, 2], [3, 4, 5], [6]]);
  });

  test("voiding", async () => {
    const actor = learner();
    const sent = statement(actor, { id: randomUUID() });
    await save(sent);
    const verb = { id: "http://adlnet.gov/expapi/verbs/voided" };
    await save({ actor, verb, object: { objectType: "StatementRef", id: sent.id } });
    assert.equal((await call("getStatements", [{ statementId: sent.id }, null, "callback"])).status, 404);
    assert.equal((await query({ voidedStatementId: sent.id })).id, sent.id);
  });

  test("state documents", async () => {
    const [agent, registration] = [learner(), randomUUID()];
    const key = [COURSE, agent, "bookmark", registration];
    const send = (value, match = null, none = null) => call("sendState", [...key, value, match, none, "callback"]);
    const get = () => call("getState", [...key, null, "callback"]);
    assert.equal((await get()).status, 404);
    assert.equal((await send({ page: 1, seen: [1] })).status, 204);
    assert.equal((await send({ page: 2 })).status, 204);
    const { body, etag } = await get();
    assert.deepEqual(body, { page: 2, seen: [1] });
    // A script of another origin reads the header, and the wrapper's own hash is the same.
    const hash = await page.evaluate((text) => ADL.XAPIWrapper.hash(text), JSON.stringify(body));
    assert.equal(etag, `"${hash}"`);
    assert.equal((await send({ page: 3 }, hash)).status, 204);
    assert.equal((await send({ page: 4 }, hash)).status, 412);
    assert.equal((await send({ page: 4 }, null, "*")).status, 412);
    assert.equal((await call("sendState", [COURSE, agent, "text", registration, "Grüße", null, null, "callback"])).status, 204);
    assert.equal((await call("getState", [COURSE, agent, "text", registration, null, "callback"])).body, "Grüße");
    const { body: ids } = await call("getState", [COURSE, agent, null, registration, null, "callback"]);
    assert.deepEqual(ids.sort(), ["bookmark", "text"]);
    assert.equal((await call("deleteState", [...key, null, null, "callback"])).status, 204);
    assert.equal((await get()).status, 404);
  });

  for (const [what, of] of [
    ["AgentProfile", () => learner()],
    ["ActivityProfile", () => `${COURSE}/${randomUUID()}`],
  ]) {
    test(`${what} documents`, async () => {
      const key = [of(), "settings"];
      const send = (value, match = null, none = null) => call(`send${what}`, [...key, value, match, none, "callback"]);
      const get = () => call(`get${what}`, [...key, null, "callback"]);
      assert.equal((await get()).status, 404);
      assert.equal((await send([1], null, "*")).status, 204);
      assert.equal((await send([2], null, "*")).status, 412);
      assert.equal((await send([2])).status, 409); // A PUT by someone who has not seen the document.
      const hash = (await get()).etag.replaceAll('"', "");
      assert.equal((await send([3], hash)).status, 204);
      assert.equal((await send([4], hash)).status, 412);
      assert.deepEqual((await get()).body, [3]);
      assert.equal((await call(`delete${what}`, [...key, null, null, "callback"])).status, 204);
      assert.equal((await get()).status, 404);
    });
  }

  test("people and activities", async () => {
    const actor = learner("Grace");
    await save(statement(actor));
    const { body: person } = await call("getAgents", [actor, "callback"]);
    assert.deepEqual(person, { objectType: "Person", name: ["Grace"], mbox: [actor.mbox] });
    const { body: activity } = await call("getActivities", [COURSE, "callback"]);
    assert.equal(activity.definition.name.de, "Erste Hilfe");
  });

  test("attachments", async () => {
    const text = "Zeugnis für „Erste Hilfe“\r\n\r\n--no boundary--\r\n";
    const sent = statement(learner(), { id: randomUUID() });
    const type = {
      usageType: "http://adlnet.gov/expapi/attachments/code",
      display: { en: "A certificate" },
      contentType: "text/plain",
    };
    assert.equal((await save(sent, [{ type, value: text }])).status, 200);
    const { body } = await call("getStatements", [{ statementId: sent.id, attachments: true }, null, "callback"]);
    assert.match(body, /^--[^]*Content-Type: application\/json/);
    assert.ok(body.includes(`\r\n\r\n${text}\r\n--`), body);
  });

  test("an invalid statement is refused with every reason", async () => {
    const { status, body } = await call("sendStatements", [[invalid(learner())], "callback"]);
    assert.equal(status, 400);
    wellTold({ ...body, errors: body.errors.map((error) => ({ ...error, pointer: error.pointer.replace("/0", "") })) });
  });

  test("a wrong credential", async () => {
    for (const wrong of [{ password: "wrong" }, { user: "nobody" }]) {
      const { status, body } = await call("getStatements", [{}, null, "callback"], wrong);
      assert.deepEqual([status, body.status], [401, 401]);
    }
  });

  test("every way of writing the endpoint", async () => {
    const actor = learner();
    for (const path of ["/xapi", "/xapi/", "/xAPI/", "/xAPI", "/api/xapi/", "/api/xapi"]) {
      const endpoint = `${server.origin}${path}`;
      const { status } = await call("sendStatement", [statement(actor), "callback"], { endpoint });
      assert.equal(status, 200, endpoint);
      const of = JSON.stringify(actor);
      const { body } = await call("getStatements", [{ agent: of, limit: 1 }, null, "callback"], { endpoint });
      assert.equal(body.statements.length, 1);
      const key = [COURSE, actor, "bookmark", null];
      assert.equal((await call("sendState", [...key, { path }, null, null, "callback"], { endpoint })).status, 204);
      assert.equal((await call("getState", [...key, null, "callback"], { endpoint })).body.path, path);
    }
    assert.equal((await query({ agent: JSON.stringify(actor) })).statements.length, 6);
  });
});

/** Runs in the page: "callback" among the arguments stands for the callback. */
function inPage({ config, method, args }) {
  ADL.XAPIWrapper.changeConfig({ withCredentials: false, strictCallbacks: true, ...config });
  return new Promise((resolve) => {
    const callback = (_error, xhr) => {
      let body = xhr.responseText;
      try {
        body = JSON.parse(body);
      } catch {
        // Not JSON, then.
      }
      resolve({ status: xhr.status, body, etag: xhr.getResponseHeader("ETag") });
    };
    const real = args.map((arg) => (arg === "callback" ? callback : arg));
    const attachments = method === "sendStatement" && real[2];
    if (attachments) real[2] = attachments.map((one) => ({ ...one, value: new TextEncoder().encode(one.value).buffer }));
    ADL.XAPIWrapper[method](...real);
  });
}
