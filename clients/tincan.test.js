// TinCanJS: callbacks and objects of its own, 1.0.2 at most. The oldest client still in use, so the one
// that tells whether content made ten years ago still works.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import TinCan from "tincanjs";
import { COURSE, DID, SAW, invalid, learner, numbers, statement, statements, wellTold } from "./learning.js";
import { onBoth } from "./server.js";

for (const version of ["1.0.2", "1.0.0"]) {
  onBoth(`TinCanJS speaks ${version}`, (server) => {
    /** Calls a method whose last argument has a callback; the error has the answer. */
    const call = (method, args, { with: more, ...options } = {}) =>
      new Promise((resolve, reject) => {
        const place = { endpoint: server.endpoint, username: server.key, password: server.secret };
        const lrs = new TinCan.LRS({ ...place, version, allowFail: false, ...more });
        const callback = (error, result) =>
          error === null ? resolve(result) : reject(Object.assign(new Error(`${error}`), { answer: result }));
        lrs[method](...args, { ...options, callback });
      });
    const save = (statement) => call("saveStatement", [new TinCan.Statement(statement)]);
    const saveAll = async (list) => {
      const objects = list.map((statement) => new TinCan.Statement(statement));
      return JSON.parse((await call("saveStatements", [objects])).responseText);
    };
    const query = (params) => call("queryStatements", [], { params });

    test("about", async () => {
      const about = await call("about", [], { with: { username: undefined } });
      assert.ok(about.version.includes("1.0.3"), `${about.version}`);
    });

    test("one statement, by PUT and by POST", async () => {
      const sent = statement(learner(), { id: randomUUID(), result: { score: { scaled: 0.25 } } });
      const { status } = await save(sent);
      assert.equal(status, 204);
      const read = await call("retrieveStatement", [sent.id]);
      assert.equal(read.actor.mbox, sent.actor.mbox);
      assert.equal(read.result.score.scaled, 0.25);
      assert.ok(read.stored && read.timestamp && read.authority);
      const object = new TinCan.Statement(statement(learner()), { storeOriginal: false, doStamp: false });
      const { status: posted, responseText } = await call("saveStatement", [object]);
      assert.equal(posted, 200);
      assert.equal(JSON.parse(responseText).length, 1);
    });

    test("several statements and every filter", async () => {
      const [actor, registration, instructor] = [learner(), randomUUID(), learner("Charles")];
      const parent = `${COURSE}/${randomUUID()}`;
      const context = { registration, instructor, contextActivities: { parent: [{ id: parent }] } };
      const list = [statement(actor), statement(actor, { verb: { id: SAW } }), statement(actor, { context })];
      const ids = await saveAll(list);
      const find = async (params) => (await query(params)).statements.map(({ id }) => ids.indexOf(id));
      const agent = new TinCan.Agent(actor);
      assert.deepEqual(await find({ agent }), [2, 1, 0]);
      assert.deepEqual(await find({ agent, ascending: true }), [0, 1, 2]);
      assert.deepEqual(await find({ agent, limit: 1 }), [2]);
      assert.deepEqual(await find({ agent, verb: new TinCan.Verb({ id: SAW }) }), [1]);
      assert.deepEqual(await find({ agent, activity: new TinCan.Activity({ id: COURSE }) }), [2, 1, 0]);
      assert.deepEqual(await find({ activity: new TinCan.Activity({ id: parent }) }), []);
      assert.deepEqual(await find({ activity: new TinCan.Activity({ id: parent }), related_activities: true }), [2]);
      assert.deepEqual(await find({ registration }), [2]);
      assert.deepEqual(await find({ agent: new TinCan.Agent(instructor), related_agents: true }), [2]);
      const { stored } = await call("retrieveStatement", [ids[0]]);
      assert.deepEqual(await find({ agent, since: stored }), [2, 1]);
      assert.deepEqual(await find({ agent, until: stored }), [0]);
      const { statements: [short] } = await query({ agent, format: "ids", limit: 1 });
      assert.equal(short.target.definition, null);
    });

    test("pages", async () => {
      const actor = learner();
      await saveAll(statements(actor, 7));
      let page = await query({ agent: new TinCan.Agent(actor), ascending: true, limit: 3 });
      const pages = [numbers(page.statements)];
      while (page.more) {
        page = await call("moreStatements", [], { url: page.more });
        pages.push(numbers(page.statements));
      }
      assert.deepEqual(pages, [[0, 1, 2], [3, 4, 5], [6]]);
    });

    test("voiding", async () => {
      const actor = learner();
      const sent = statement(actor, { id: randomUUID() });
      await save(sent);
      const target = { objectType: "StatementRef", id: sent.id };
      await save({ actor, verb: { id: "http://adlnet.gov/expapi/verbs/voided" }, object: target });
      await refused(404, call("retrieveStatement", [sent.id]));
      const voided = await call("retrieveVoidedStatement", [sent.id]);
      assert.equal(voided.actor.mbox, actor.mbox);
      assert.equal((await query({ agent: new TinCan.Agent(actor) })).statements.length, 1);
    });

    const json = { contentType: "application/json" };

    test("state documents", async () => {
      const agent = new TinCan.Agent(learner());
      const place = { agent, activity: new TinCan.Activity({ id: COURSE }), registration: randomUUID() };
      const put = (value, more) => call("saveState", ["bookmark", value], { ...place, ...json, ...more });
      const get = () => call("retrieveState", ["bookmark"], place);
      assert.equal(await get(), null);
      await put({ page: 1, seen: [1] });
      const { contents, etag, contentType } = await get();
      assert.deepEqual([contents, contentType], [{ page: 1, seen: [1] }, "application/json"]);
      // The client makes the hash itself where it cannot read the header; both must be the same.
      assert.equal(etag, `"${TinCan.Utils.getSHA1String(JSON.stringify(contents))}"`);
      await put({ page: 2 }, { method: "POST" });
      assert.deepEqual((await get()).contents, { page: 2, seen: [1] });
      await refused(412, put({ page: 3 }, { lastSHA1: etag }));
      await put({ page: 3 }, { lastSHA1: (await get()).etag });
      await put({ page: 4 }); // Content that never heard of preconditions.
      assert.deepEqual((await get()).contents, { page: 4 });
      await call("saveState", ["text", "Grüße"], { ...place, contentType: "text/plain" });
      assert.equal((await call("retrieveState", ["text"], place)).contents, "Grüße");
      assert.deepEqual((await call("retrieveStateIds", [], place)).sort(), ["bookmark", "text"]);
      await call("dropState", ["bookmark"], place);
      assert.deepEqual(await call("retrieveStateIds", [], place), ["text"]);
      await call("dropState", [null], place);
      assert.deepEqual(await call("retrieveStateIds", [], place), []);
    });

    for (const [what, of] of [
      ["AgentProfile", () => ({ agent: new TinCan.Agent(learner()) })],
      ["ActivityProfile", () => ({ activity: new TinCan.Activity({ id: `${COURSE}/${randomUUID()}` }) })],
    ]) {
      test(`${what} documents`, async () => {
        const place = of();
        const put = (value, more) => call(`save${what}`, ["settings", value], { ...place, ...json, ...more });
        const get = () => call(`retrieve${what}`, ["settings"], place);
        assert.equal(await get(), null);
        await put({ size: 1 });
        await refused(412, put({ size: 2 })); // Sent with If-None-Match: *
        const { etag } = await get();
        await put({ size: 3 }, { lastSHA1: etag });
        await refused(412, put({ size: 4 }, { lastSHA1: etag }));
        assert.deepEqual((await get()).contents, { size: 3 });
        assert.deepEqual(await call(`retrieve${what}Ids`, [], place), ["settings"]);
        await call(`drop${what}`, ["settings"], place);
        assert.deepEqual(await call(`retrieve${what}Ids`, [], place), []);
      });
    }

    test("activities", async () => {
      await save(statement(learner()));
      const activity = await call("retrieveActivity", [COURSE], {});
      assert.equal(activity.definition.name.de, "Erste Hilfe");
    });

    test("attachments", async () => {
      const text = "Zeugnis für „Erste Hilfe“\r\n\r\n--no boundary--\r\n";
      const usageType = "http://adlnet.gov/expapi/attachments/code";
      const attachment = { usageType, display: { en: "A certificate" }, contentType: "text/plain", content: text };
      const [actor, id] = [learner(), randomUUID()];
      await save(statement(actor, { id, attachments: [attachment] }));
      const params = { attachments: true };
      const one = await call("retrieveStatement", [id], { params });
      const { statements: [found] } = await query({ agent: new TinCan.Agent(actor), ...params });
      for (const read of [one, found]) assert.equal(read.attachments[0].getContentAsString(), text);
      const forged = new TinCan.Statement(statement(actor, { attachments: [attachment] }));
      forged.attachments[0].sha2 = "0".repeat(64);
      await refused(400, call("saveStatement", [forged]));
    });

    test("an invalid statement is refused with every reason", async () => {
      wellTold(await refused(400, save(invalid(learner()))));
    });

    test("a wrong credential, and none", async () => {
      for (const wrong of [{ password: "wrong" }, { username: "nobody" }, { auth: "" }]) {
        await refused(401, call("queryStatements", [], { params: {}, with: wrong }));
      }
    });

    test("every way of writing the endpoint", async () => {
      const actor = learner();
      const agent = new TinCan.Agent(actor);
      for (const path of ["/xapi", "/xapi/", "/xAPI/", "/api/xapi", "/api/xapi//"]) {
        const endpoint = { with: { endpoint: `${server.origin}${path}` } };
        await call("saveStatement", [new TinCan.Statement(statement(actor, { verb: { id: DID } }))], endpoint);
        const page = await call("queryStatements", [], { params: { agent, limit: 1 }, ...endpoint });
        assert.equal(page.statements.length, 1);
        if (page.more) await call("moreStatements", [], { url: page.more, ...endpoint });
      }
      assert.equal((await query({ agent })).statements.length, 5);
    });
  });
}

/** Waits until a request is refused with this status; returns the problem that the answer describes. */
async function refused(status, request) {
  let problem;
  await assert.rejects(request, ({ answer }) => {
    assert.equal(answer?.status, status, answer?.responseText);
    assert.match(answer.getResponseHeader("Content-Type"), /^application\/problem\+json/);
    problem = JSON.parse(answer.responseText);
    return true;
  });
  return problem;
}
