// @xapi/xapi: promises, both versions of xAPI, axios or fetch underneath.

import XAPI from "@xapi/xapi";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { COURSE, DID, SAW, invalid, learner, numbers, statement, statements, wellTold } from "./learning.js";
import { basic, onBoth } from "./server.js";

const OTHER = "https://example.com/activities/other";

for (const version of ["1.0.3", "2.0.0"]) {
  onBoth(`@xapi/xapi speaks ${version}`, (server) => {
    const client = (more) => new XAPI({ endpoint: server.endpoint, auth: server.auth, version, ...more });

    test("about", async () => {
      const { data, headers } = await client({ auth: undefined }).getAbout();
      assert.ok(data.version.includes(version), `${data.version}`);
      assert.ok(headers["x-experience-api-version"]);
    });

    test("one statement", async () => {
      const sent = statement(learner(), { id: randomUUID(), result: { score: { scaled: 0.25 } } });
      const { data: ids } = await client().sendStatement({ statement: sent });
      assert.deepEqual(ids, [sent.id]);
      const { data: read, headers } = await client().getStatement({ statementId: sent.id });
      const { stored, timestamp, authority, version: spoken, ...rest } = read;
      assert.deepEqual(rest, sent);
      assert.ok(Date.parse(stored) <= Date.now() && Date.parse(timestamp) <= Date.now());
      assert.equal(authority.objectType, "Agent");
      assert.equal(spoken, version === "1.0.3" ? "1.0.0" : "2.0.0");
      assert.equal(Date.parse(headers["last-modified"]), Math.floor(Date.parse(stored) / 1000) * 1000);
      assert.ok(Date.parse(headers["x-experience-api-consistent-through"]) >= Date.parse(stored));
    });

    test("the same statement again, and another under its id", async () => {
      const sent = statement(learner(), { id: randomUUID() });
      await client().sendStatement({ statement: sent });
      assert.deepEqual((await client().sendStatement({ statement: sent })).data, [sent.id]);
      const other = { ...sent, verb: { id: SAW } };
      await refused(409, client().sendStatement({ statement: other }));
    });

    test("several statements and every filter", async () => {
      const [actor, registration] = [learner(), randomUUID()];
      const context = {
        registration,
        instructor: learner("Charles"),
        contextActivities: { parent: [{ id: OTHER }] },
      };
      const list = [statement(actor), statement(actor, { verb: { id: SAW } }), statement(actor, { context })];
      const { data: ids } = await client().sendStatements({ statements: list });
      assert.equal(ids.length, 3);
      const find = async (filter) => {
        const { data } = await client().getStatements(filter);
        return data.statements.map(({ id }) => ids.indexOf(id));
      };
      assert.deepEqual(await find({ agent: actor }), [2, 1, 0]);
      assert.deepEqual(await find({ agent: actor, ascending: true }), [0, 1, 2]);
      assert.deepEqual(await find({ agent: actor, limit: 1 }), [2]);
      assert.deepEqual(await find({ agent: actor, verb: SAW }), [1]);
      assert.deepEqual(await find({ agent: actor, activity: COURSE }), [2, 1, 0]);
      assert.deepEqual(await find({ agent: actor, activity: OTHER }), []);
      assert.deepEqual(await find({ agent: actor, activity: OTHER, related_activities: true }), [2]);
      assert.deepEqual(await find({ registration }), [2]);
      assert.deepEqual(await find({ agent: context.instructor }), []);
      assert.deepEqual(await find({ agent: context.instructor, related_agents: true }), [2]);
      const { data: first } = await client().getStatement({ statementId: ids[0] });
      assert.deepEqual(await find({ agent: actor, since: first.stored }), [2, 1]);
      assert.deepEqual(await find({ agent: actor, until: first.stored }), [0]);
    });

    test("formats", async () => {
      const actor = learner();
      await client().sendStatement({ statement: statement(actor) });
      const get = async (format) => {
        const { data } = await client().getStatements({ agent: actor, format });
        return data.statements[0];
      };
      assert.deepEqual((await get("exact")).actor, actor);
      assert.equal((await get("ids")).object.id, COURSE);
      assert.equal((await get("ids")).object.definition, undefined);
      assert.equal((await get("ids")).actor.name, undefined);
      assert.equal(Object.keys((await get("canonical")).verb.display).length, 1);
    });

    test("pages", async () => {
      const actor = learner();
      await client().sendStatements({ statements: statements(actor, 7) });
      let { data } = await client().getStatements({ agent: actor, ascending: true, limit: 3 });
      const pages = [numbers(data.statements)];
      while (data.more) {
        ({ data } = await client().getMoreStatements({ more: data.more }));
        pages.push(numbers(data.statements));
      }
      assert.deepEqual(pages, [[0, 1, 2], [3, 4, 5], [6]]);
    });

    test("voiding", async () => {
      const actor = learner();
      const { data: ids } = await client().sendStatements({ statements: statements(actor, 3) });
      await client().voidStatement({ actor, statementId: ids[0] });
      await client().voidStatements({ actor, statementIds: [ids[1], ids[2]] });
      for (const [index, id] of ids.entries()) {
        await refused(404, client().getStatement({ statementId: id }));
        const { data: voided } = await client().getVoidedStatement({ voidedStatementId: id });
        assert.deepEqual(numbers([voided]), [index]);
      }
      const { data } = await client().getStatements({ agent: actor });
      assert.deepEqual(data.statements.map(({ object }) => object.id), [ids[2], ids[1], ids[0]]);
    });

    test("state documents are merged, replaced by who has seen them, listed and deleted", async () => {
      const place = { agent: learner(), activityId: COURSE, registration: randomUUID() };
      const key = { ...place, stateId: "bookmark" };
      await refused(404, client().getState(key));
      await client().createState({ ...key, state: { page: 1, seen: [1] } });
      await client().createState({ ...key, state: { page: 2 } });
      const { data, headers } = await client().getState(key);
      assert.deepEqual(data, { page: 2, seen: [1] });
      const match = (etag) => ({ matchHeader: "If-Match", etag });
      await client().setState({ ...key, state: { page: 3 }, ...match(headers.etag) });
      await refused(412, client().setState({ ...key, state: { page: 4 }, ...match(headers.etag) }));
      await refused(412, client().setState({ ...key, state: {}, matchHeader: "If-None-Match", etag: "*" }));
      const { data: now, headers: read } = await client().getState(key);
      assert.deepEqual(now, { page: 3 });
      await refused(412, client().deleteState({ ...key, ...match(headers.etag) }));
      await client().setState({ ...place, stateId: "text", state: "Grüße", contentType: "text/plain; charset=utf-8" });
      assert.equal((await client().getState({ ...place, stateId: "text" })).data, "Grüße");
      assert.deepEqual((await client().getStates(place)).data.sort(), ["bookmark", "text"]);
      await client().deleteState({ ...key, etag: read.etag });
      assert.deepEqual((await client().getStates(place)).data, ["text"]);
      await client().deleteStates(place);
      assert.deepEqual((await client().getStates(place)).data, []);
    });

    test("state documents without a precondition", async () => {
      const key = { agent: learner(), activityId: COURSE, stateId: "bookmark" };
      await client().setState({ ...key, state: { page: 1 } });
      const again = client().setState({ ...key, state: { page: 2 } });
      // 2.0 asks for If-Match; content of 1.0.3 never sends it.
      await (version === "1.0.3" ? again : refused(409, again));
    });

    for (const [name, what, place] of [
      ["agent profiles", "AgentProfile", () => ({ agent: learner() })],
      ["activity profiles", "ActivityProfile", () => ({ activityId: `${COURSE}/${randomUUID()}` })],
    ]) {
      test(name, async () => {
        const of = place();
        const key = { ...of, profileId: "settings" };
        const call = (verb, more) => client()[`${verb}${what}`]({ ...key, ...more });
        await refused(404, call("get"));
        await call("create", { profile: { sound: "on" } });
        await call("create", { profile: { size: 2 } });
        const { data, headers } = await call("get");
        assert.deepEqual(data, { sound: "on", size: 2 });
        const { etag } = headers;
        await refused(412, call("set", { profile: {}, matchHeader: "If-None-Match", etag: "*" }));
        await call("set", { profile: { size: 3 }, matchHeader: "If-Match", etag });
        await refused(412, call("set", { profile: { size: 4 }, matchHeader: "If-Match", etag }));
        assert.deepEqual((await call("get")).data, { size: 3 });
        assert.deepEqual((await client()[`get${what}s`](of)).data, ["settings"]);
        await call("delete");
        assert.deepEqual((await client()[`get${what}s`](of)).data, []);
      });
    }

    test("people and activities", async () => {
      const actor = learner("Grace");
      await client().sendStatement({ statement: statement(actor) });
      const { data: person } = await client().getAgent({ agent: actor });
      assert.deepEqual(person, { objectType: "Person", name: ["Grace"], mbox: [actor.mbox] });
      const { data: activity } = await client().getActivity({ activityId: COURSE });
      assert.equal(activity.definition.name.de, "Erste Hilfe");
    });

    test("attachments", async () => {
      const content = await crypto.subtle.digest("SHA-256", Buffer.from(TEXT));
      const attachment = {
        usageType: "http://adlnet.gov/expapi/attachments/code",
        display: { en: "A certificate" },
        contentType: "text/plain; charset=utf-8",
        length: Buffer.byteLength(TEXT),
        sha2: Buffer.from(content).toString("hex"),
      };
      const sent = statement(learner(), { id: randomUUID(), attachments: [attachment] });
      // With axios, in Node only, this client loses the boundary that it has made.
      const sender = client({ adapter: "fetch" });
      await sender.sendStatement({ statement: sent, attachments: [Buffer.from(TEXT)] });
      for (const reader of [sender, client()]) {
        const { data } = await reader.getStatement({ statementId: sent.id, attachments: true });
        assert.deepEqual(data[0].attachments, [attachment]);
        assert.equal(data[1], TEXT);
        const { data: plain } = await reader.getStatement({ statementId: sent.id });
        assert.deepEqual(plain.attachments, [attachment]);
      }
      const forged = { ...sent, id: randomUUID() };
      const refusal = sender.sendStatement({ statement: forged, attachments: [Buffer.from("something else")] });
      await assert.rejects(refusal, ({ message }) => JSON.parse(message).status === 400);
    });

    test("an invalid statement is refused with every reason", async () => {
      const problem = await refused(400, client().sendStatement({ statement: invalid(learner()) }));
      wellTold(problem);
    });

    test("a wrong credential, and none", async () => {
      for (const auth of [basic(server.key, "wrong"), basic("nobody", "wrong"), undefined]) {
        const problem = await refused(401, client({ auth }).getStatements());
        assert.ok(problem.title, JSON.stringify(problem));
      }
    });

    test("every way of writing the endpoint", async () => {
      const actor = learner();
      const paths = ["/xapi", "/xapi/", "/xAPI/", "/api/xapi", "/api/xapi/"];
      for (const path of paths) {
        const endpoint = `${server.origin}${path}`;
        await client({ endpoint }).sendStatement({ statement: statement(actor) });
        const { data } = await client({ endpoint }).getStatements({ agent: actor, limit: 1 });
        assert.equal(data.statements.length, 1);
        if (data.more) await client({ endpoint }).getMoreStatements({ more: data.more });
      }
      const { data } = await client({ endpoint: `${server.origin}/api/xapi` }).getStatements({ agent: actor });
      assert.equal(data.statements.length, paths.length);
    });
  });
}

const TEXT = "Ada Lovelace hat den Kurs „Erste Hilfe“ abgeschlossen.";

/** Waits until a request is refused with this status; returns the problem that the answer describes. */
async function refused(status, request) {
  let problem;
  await assert.rejects(request, ({ response }) => {
    assert.equal(response?.status, status, JSON.stringify(response?.data));
    assert.match(response.headers["content-type"], /^application\/problem\+json/);
    problem = response.data;
    return true;
  });
  return problem;
}
