// What learning content on another origin meets in a real browser: preflights, readable headers, and the
// browser builds of the clients, whose binary attachments go another way than in Node.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { COURSE, invalid, learner, statement, wellTold } from "./learning.js";
import { basic, onBoth } from "./server.js";

/** Every byte that a file may have, in an order that is no text in any encoding. */
const BYTES = Array.from({ length: 1024 }, (_, index) => (index * 7) % 256);
const ATTACHMENT = {
  usageType: "http://adlnet.gov/expapi/attachments/code",
  display: { en: "A picture" },
  contentType: "application/octet-stream",
  length: BYTES.length,
  sha2: createHash("sha256").update(Buffer.from(BYTES)).digest("hex"),
};

onBoth("content in a browser", (server) => {
  const browser = new Browser();
  let page;
  before(async () => {
    await browser.start();
    page = await browser.open("/tincan.js", "/xapi.js");
  });
  after(() => browser.stop());

  /** A request by the page itself, with what its script can read of the answer. */
  const fetched = (resource, { headers, ...more } = {}) => {
    const spoken = { Authorization: server.auth, "X-Experience-API-Version": "2.0.0" };
    const options = { ...more, headers: { ...spoken, ...headers } };
    return page.evaluate(
      async ({ url, options }) => {
        const answer = await fetch(url, options);
        return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
      },
      { url: `${server.endpoint}/${resource}`, options },
    );
  };
  const json = { "Content-Type": "application/json" };
  const parameters = (values) => new URLSearchParams(values).toString();

  test("statements by fetch", async () => {
    const sent = statement(learner(), { id: randomUUID() });
    const posted = await fetched("statements", { method: "POST", headers: json, body: JSON.stringify(sent) });
    assert.deepEqual([posted.status, posted.text], [200, `["${sent.id}"]`]);
    const { status, headers, text } = await fetched(`statements?statementId=${sent.id}`);
    assert.deepEqual([status, JSON.parse(text).id], [200, sent.id]);
    assert.ok(Date.parse(headers["x-experience-api-consistent-through"]) >= Date.parse(JSON.parse(text).stored));
    assert.match(headers["x-experience-api-version"], /^2\.0\./);
    assert.ok(headers["last-modified"]);
    const put = { method: "PUT", headers: json, body: JSON.stringify(statement(learner())) };
    assert.equal((await fetched(`statements?statementId=${randomUUID()}`, put)).status, 204);
  });

  test("documents by fetch, with the ETag that the script has read", async () => {
    const where = { agent: JSON.stringify(learner()), activityId: COURSE, stateId: "bookmark" };
    const state = `activities/state?${parameters(where)}`;
    const put = (body, match) => fetched(state, { method: "PUT", headers: { ...json, ...match }, body });
    assert.equal((await put("1", { "If-None-Match": "*" })).status, 204);
    assert.equal((await put("2", { "If-None-Match": "*" })).status, 412);
    assert.equal((await put("2")).status, 409);
    const { headers, text } = await fetched(state);
    assert.equal(text, "1");
    assert.match(headers.etag, /^"[0-9a-f]{40}"$/);
    assert.equal((await put("2", { "If-Match": headers.etag })).status, 204);
    assert.equal((await put("3", { "If-Match": headers.etag })).status, 412);
    const { headers: now } = await fetched(state, { method: "HEAD" });
    assert.notEqual(now.etag, headers.etag);
    assert.equal((await fetched(state, { method: "DELETE", headers: { "If-Match": now.etag } })).status, 204);
  });

  test("refusals can be read, too", async () => {
    const wrong = { Authorization: basic(server.key, "wrong") };
    const { status, text } = await fetched("statements", { headers: wrong });
    assert.deepEqual([status, JSON.parse(text).status], [401, 401]);
    const body = JSON.stringify(invalid(learner()));
    const refused = await fetched("statements", { method: "POST", headers: json, body });
    assert.match(refused.headers["content-type"], /^application\/problem\+json/);
    wellTold(JSON.parse(refused.text));
    assert.equal((await fetched("statements?statementId=nonsense")).status, 400);
    assert.equal((await fetched("nothing")).status, 404);
  });

  test("preflights need no credential", async () => {
    const asked = ["authorization", "content-type", "if-match", "x-experience-api-version"];
    for (const resource of ["statements", "activities/state", "agents/profile", "about"]) {
      // A page cannot make one by itself, so this is what the browser sends before the requests above.
      const answer = await fetch(`${server.endpoint}/${resource}`, {
        method: "OPTIONS",
        headers: {
          Origin: browser.origin,
          "Access-Control-Request-Method": "PUT",
          "Access-Control-Request-Headers": asked.join(","),
        },
      });
      assert.equal(answer.status, 204);
      assert.match(answer.headers.get("access-control-allow-methods"), /PUT/);
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      const allowed = answer.headers.get("access-control-allow-headers").toLowerCase().split(/, */);
      for (const name of asked) assert.ok(allowed.includes(name), `${name} in ${allowed}`);
    }
  });

  test("a page that is left while a request is under way", async () => {
    const actor = learner();
    const leaving = await browser.open();
    const body = JSON.stringify(statement(actor));
    const headers = { Authorization: server.auth, "X-Experience-API-Version": "1.0.3", ...json };
    await leaving.evaluate(
      ({ url, options }) => {
        window.addEventListener("pagehide", () => fetch(url, options));
      },
      { url: `${server.endpoint}/statements`, options: { method: "POST", keepalive: true, headers, body } },
    );
    await leaving.close({ runBeforeUnload: true });
    const found = `statements?${parameters({ agent: JSON.stringify(actor) })}`;
    for (let attempt = 0; ; attempt += 1) {
      const { statements } = JSON.parse((await fetched(found)).text);
      if (statements.length === 1) break;
      assert.ok(attempt < 100, "the last statement of the page did not arrive");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  for (const version of ["1.0.3", "2.0.0"]) {
    test(`a binary attachment by @xapi/xapi, ${version}`, async () => {
      const sent = statement(learner(), { id: randomUUID(), attachments: [ATTACHMENT] });
      const config = { endpoint: server.endpoint, auth: server.auth, version };
      const read = await page.evaluate(
        async ({ config, sent, bytes }) => {
          const client = new XAPI(config);
          await client.sendStatement({ statement: sent, attachments: [new Uint8Array(bytes).buffer] });
          return (await client.getStatement({ statementId: sent.id })).data;
        },
        { config, sent, bytes: BYTES },
      );
      assert.deepEqual(read.attachments, [ATTACHMENT]);
      await contains(sent.id);
    });
  }

  test("a binary attachment by TinCanJS", async () => {
    const sent = statement(learner(), { id: randomUUID() });
    const config = { endpoint: server.endpoint, username: server.key, password: server.secret, allowFail: false };
    const { sha2, length, ...attachment } = ATTACHMENT;
    const read = await page.evaluate(
      async ({ config, sent, attachment, bytes }) => {
        const lrs = new TinCan.LRS(config);
        const call = (method, argument, more) =>
          new Promise((resolve, reject) => {
            const callback = (error, result) => (error === null ? resolve(result) : reject(new Error(`${error}`)));
            lrs[method](argument, { ...more, callback });
          });
        const content = new Uint8Array(bytes).buffer;
        await call("saveStatement", new TinCan.Statement({ ...sent, attachments: [{ ...attachment, content }] }));
        const { attachments } = await call("retrieveStatement", sent.id, { params: { attachments: true } });
        return { sha2: attachments[0].sha2, length: attachments[0].length, bytes: [...new Uint8Array(attachments[0].content)] };
      },
      { config, sent, attachment, bytes: BYTES },
    );
    assert.deepEqual(read, { sha2, length, bytes: BYTES });
    await contains(sent.id);
  });

  /** Checks that a statement comes with the attachment, byte for byte. */
  async function contains(id) {
    const headers = { Authorization: server.auth, "X-Experience-API-Version": "1.0.3" };
    const answer = await fetch(`${server.endpoint}/statements?statementId=${id}&attachments=true`, { headers });
    assert.match(answer.headers.get("content-type"), /^multipart\/mixed/);
    assert.ok(Buffer.from(await answer.arrayBuffer()).includes(Buffer.from(BYTES)));
  }
});
