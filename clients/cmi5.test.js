// Whole cmi5 courses by the clients that content is made with: on a page of another origin, and in Node. Each
// unit is launched through the API, and at the end the API and the record agree that the course is satisfied.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { register } from "./learning.js";
import { onBoth } from "./server.js";

const MASTERY = 0.8;

onBoth("cmi5 clients", (server) => {
  const browser = new Browser();
  before(() => browser.start());
  after(() => browser.stop());

  /** A new course of two units on the browser's origin, and a learner of it. */
  const enrolled = async () => {
    const id = `https://example.com/courses/${randomUUID()}`;
    const imported = await server.api("POST", "/api/v1/courses", structure(id, browser.origin), "text/xml");
    assert.equal(imported.status, 201, JSON.stringify(imported.body));
    return (await register(server, imported.body.id, randomUUID())).id;
  };

  const launch = async (registration, more = {}) => {
    const { status, body } = await server.api("POST", `/api/v1/registrations/${registration}/launch`, more);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  const verbs = async (registration) =>
    (await server.statements(registration)).map(({ verb }) => verb.id.split("/").pop());

  const satisfied = async (registration) => {
    const { body } = await server.api("GET", `/api/v1/registrations/${registration}`);
    assert.equal(body.satisfied, true, JSON.stringify(body));
    assert.deepEqual([body.units, body.unitsSatisfied, body.next, body.activeSession], [2, 2, null, null]);
  };

  const WHOLE = [
    ...["launched", "initialized", "completed", "terminated"],
    ...["launched", "initialized", "passed", "completed", "satisfied", "terminated"],
  ];

  /** `run` takes a unit that may be passed or only be completed to its end. */
  const takes = async (run) => {
    const registration = await enrolled();
    for (const isJudged of [false, true]) await run((await launch(registration)).url, isJudged);
    await satisfied(registration);
    assert.deepEqual(await verbs(registration), WHOLE);
    return registration;
  };

  test("@rusticisoftware/cmi5 in a browser", async () => {
    await takes(async (url, isJudged) => {
      const page = await browser.launch(url, "/rustici-cmi5.js");
      await page.evaluate(async (isJudged) => {
        const unit = new globalThis.Cmi5(globalThis.location.href);
        await unit.start();
        if (isJudged) await unit.passed({ scaled: 0.9, raw: 9, min: 0, max: 10 });
        await unit.completed();
        await unit.terminate();
      }, isJudged);
    });
  });

  test("@rusticisoftware/cmi5 in Node", async () => {
    // It is made for browsers, and asks for little of one.
    globalThis.self = globalThis;
    const Cmi5 = createRequire(import.meta.url)("@rusticisoftware/cmi5");
    await takes(async (url, isJudged) => {
      const unit = new Cmi5(url);
      await unit.start();
      if (isJudged) await unit.passed({ scaled: MASTERY });
      await unit.completed();
      await unit.terminate();
    });
  });

  test("@xapi/cmi5 in a browser", async () => {
    await takes(async (url, isJudged) => {
      const page = await browser.launch(url, "/xapijs-cmi5.js");
      await page.evaluate(async (isJudged) => {
        const unit = new globalThis.Cmi5();
        await unit.initialize();
        if (isJudged) await unit.pass(0.9);
        await unit.complete();
        await unit.terminate();
      }, isJudged);
    });
  });

  test("interactions and progress by @xapi/cmi5 decide nothing", async () => {
    const registration = await enrolled();
    const page = await browser.launch((await launch(registration)).url, "/xapijs-cmi5.js");
    await page.evaluate(async () => {
      const unit = new globalThis.Cmi5();
      await unit.initialize();
      await unit.progress(50);
      await unit.interactionTrueFalse("test", "question", true, true);
      await unit.terminate();
    });
    assert.deepEqual(await verbs(registration), ["launched", "initialized", "progressed", "answered", "terminated"]);
    const { body } = await server.api("GET", `/api/v1/registrations/${registration}`);
    assert.deepEqual([body.satisfied, body.unitsSatisfied, body.next], [false, 0, 0]);
  });

  test("preferences are kept by a client that reads the ETag", async () => {
    const registration = await enrolled();
    const page = await browser.launch((await launch(registration)).url, "/rustici-cmi5.js");
    const kept = await page.evaluate(async () => {
      const unit = new globalThis.Cmi5(globalThis.location.href);
      await unit.start();
      for (const languagePreference of ["de-DE,en", "fr"]) {
        unit._learnerPrefs.contents = { languagePreference, audioPreference: "off" };
        await unit.saveLearnerPrefs();
        await unit.loadLearnerPrefs();
      }
      await unit.terminate();
      return unit._learnerPrefs.contents;
    });
    assert.deepEqual(kept, { languagePreference: "fr", audioPreference: "off" });
  });

  test("a unit that is launched again has the old session's token no more", async () => {
    const registration = await enrolled();
    const page = await browser.launch((await launch(registration)).url, "/rustici-cmi5.js");
    await page.evaluate(async () => {
      globalThis.unit = new globalThis.Cmi5(globalThis.location.href);
      await globalThis.unit.start();
    });
    const again = await launch(registration);
    assert.ok(again.abandoned);
    const told = await page.evaluate(() => globalThis.unit.completed().then(String, String));
    assert.match(told, /Failed to send completed statement/);
    assert.deepEqual(await verbs(registration), ["launched", "initialized", "abandoned", "launched"]);
  });

  test("what a learner looks back at counts for nothing", async () => {
    const registration = await takes(async (url, isJudged) => {
      const page = await browser.launch(url, "/rustici-cmi5.js");
      await page.evaluate(async (isJudged) => {
        const unit = new globalThis.Cmi5(globalThis.location.href);
        await unit.start();
        if (isJudged) await unit.passed({ scaled: 1 });
        await unit.completed();
        await unit.terminate();
      }, isJudged);
    });
    const { url, launchMode } = await launch(registration, { unit: 0 });
    assert.equal(launchMode, "Review");
    const page = await browser.launch(url, "/rustici-cmi5.js");
    const told = await page.evaluate(async () => {
      const unit = new globalThis.Cmi5(globalThis.location.href);
      await unit.start();
      const told = await unit.completed().then(String, String);
      await unit.terminate();
      return told;
    });
    assert.match(told, /not in Normal launch mode/);
    assert.deepEqual(await verbs(registration), [...WHOLE, "launched", "initialized", "terminated"]);
  });
});

/** Two units that are pages of `origin`: one to complete, one to pass and complete. */
function structure(id, origin) {
  const text = (words) =>
    `<title><langstring lang="en">${words}</langstring></title>
     <description><langstring lang="en">${words}</langstring></description>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
    <courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
      <course id="${id}">${text("First aid")}</course>
      <au id="${id}/read" moveOn="Completed">${text("Read")}<url>${origin}/content.html?unit=1</url></au>
      <au id="${id}/judge" moveOn="CompletedAndPassed" masteryScore="${MASTERY}">
        ${text("Judge")}<url>${origin}/content.html?unit=2</url>
      </au>
    </courseStructure>`;
}
