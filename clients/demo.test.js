// `rollbook demo` as a newcomer meets it: the link is opened in a browser, the course is taken to its end, and
// the page, the API, the statements and the terminal agree on what happened.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { register } from "./learning.js";
import { onBoth } from "./server.js";

/** A whole course takes many steps, and a machine that builds at the same time takes long for each. */
const SLOW = { timeout: 300_000 };
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const RIGHT = { turns: "polaris", pointers: "outer", distance: "five", hidden: "cassiopeia", latitude: "forty" };
/** The type of a course as an activity (cmi5 9.4). */
const COURSE = "https://w3id.org/xapi/cmi5/activitytype/course";

onBoth(
  "the demonstration",
  (server) => {
    const browser = new Browser();
    before(() => browser.start());
    after(() => browser.stop());

    const link = () => /\S+\/launch\/\S+/.exec(server.said)[0];

    /** Another learner of the same course, so that tests do not meet. */
    const another = async (name) => {
      const { body: courses } = await server.api("GET", "/api/v1/courses");
      const { id } = await register(server, courses.data[0].id, name);
      const shared = await server.api("POST", `/api/v1/registrations/${id}/links`, {});
      assert.equal(shared.status, 201, JSON.stringify(shared.body));
      return { id, url: shared.body.url };
    };

    const visit = async (url, viewport = DESK, locale = "en-US") => {
      const { page, wrongs } = await browser.watch(viewport, locale);
      await page.goto(url);
      await page.locator("#outline .unit").first().waitFor();
      return { page, wrongs, unit: page.frameLocator("#frame iframe") };
    };

    test("the course is taken to its end, and all agree that it is satisfied", SLOW, async () => {
      const { page, wrongs, unit } = await visit(link());
      await read(page, unit);
      await page.getByText("1 of 3 done").waitFor();
      await answer(page, unit, { ...RIGHT, turns: "sirius", pointers: "inner" });
      await unit.getByRole("heading", { name: "3 of 5 are right" }).waitFor();
      await unit.locator("#done").click();
      await page.getByText("Not passed yet, 60% right").waitFor();
      await answer(page, unit, RIGHT);
      await unit.getByRole("heading", { name: "5 of 5 are right" }).waitFor();
      await unit.locator("#done").click();
      await page.getByText("2 of 3 done").waitFor();
      // The card asks for a window of its own, and leads back.
      await page.locator("#go-on").click();
      await page.locator("#finish").click();
      await page.getByRole("heading", { name: "You have finished this course" }).waitFor();
      assert.match(page.url(), /\/launch\//);
      assert.equal(await page.locator("#progress").evaluate((bar) => bar.value === bar.max), true);
      assert.deepEqual(wrongs, []);

      const { body } = await server.api("GET", "/api/v1/registrations");
      const [registration] = body.data.filter(({ satisfied }) => satisfied);
      assert.ok(registration, JSON.stringify(body));
      const statements = await server.statements(registration.id);
      const verbs = statements.map(({ verb }) => verb.id.split("/").pop()).filter((verb) => !SMALL.has(verb));
      assert.deepEqual(verbs, [
        ...["launched", "initialized", "completed", "terminated"],
        ...["launched", "initialized", "failed", "terminated"],
        ...["launched", "initialized", "passed", "satisfied", "completed", "terminated"],
        ...["launched", "initialized", "completed", "satisfied", "terminated"],
      ]);
      const last = statements.findLast(({ verb }) => verb.id.endsWith("/satisfied"));
      assert.equal(last.object.definition.type, COURSE);
      for (const line of [/launched +The way to the Pole Star/, /failed +Five questions +60 %/, /satisfied/]) {
        await until(() => line.test(server.said), () => `${line} is not in\n${server.said}`);
      }
    });

    test("by keyboard alone, on a phone, in German", SLOW, async () => {
      const { url } = await another("keyboard");
      const { page, wrongs, unit } = await visit(url, PHONE, "de-DE");
      assert.equal(await page.title(), "Sterne zum Steuern");
      assert.equal(await page.locator("#go-on").innerText(), "Anfangen");
      await fits(page, PHONE);
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.id), "go-on");
      await page.keyboard.press("Enter");
      await unit.getByRole("heading", { name: "Alles dreht sich, ein Stern bleibt" }).waitFor();
      await fits(page, PHONE);
      const frame = page.frames().at(-1);
      assert.ok((await frame.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
      for (let turns = 0; turns < 3; turns += 1) {
        await tabTo(page, frame, "next");
        await page.keyboard.press("Enter");
        await unit.getByText(`Seite ${turns + 2} von 4`).waitFor();
      }
      await tabTo(page, frame, "finish");
      await page.keyboard.press("Enter");
      await page.getByText("1 von 3 erledigt").waitFor();
      // Whoever comes back is where they go on.
      assert.equal(await page.evaluate(() => document.activeElement.id), "go-on");
      assert.deepEqual(wrongs, []);
    });

    test("the language that the learner chooses is that of the units too", async () => {
      const { url } = await another("language");
      const { page, unit } = await visit(url);
      await page.locator("#language").selectOption("de");
      await page.getByRole("heading", { name: "Sterne zum Steuern" }).waitFor();
      await page.locator("#go-on").click();
      await unit.getByRole("heading", { name: "Alles dreht sich, ein Stern bleibt" }).waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Sterne zum Steuern" }).waitFor();
    });

    test("a unit that is loaded again goes on, and one that is opened again is where it was", async () => {
      const { url, id } = await another("again");
      const { page, unit } = await visit(url);
      await page.locator("#go-on").click();
      await unit.locator("#next").click();
      await unit.getByText("Page 2 of 4").waitFor();
      await page.frames().at(-1).evaluate(() => globalThis.location.reload());
      await unit.getByText("Page 2 of 4").waitFor();
      await unit.locator("#leave").click();
      await page.locator("#go-on", { hasText: "Continue" }).click();
      await unit.getByText("Page 2 of 4").waitFor();
      await page.locator("#leave").click();
      await page.locator("#go-on").waitFor();
      const verbs = (await server.statements(id)).map(({ verb }) => verb.id.split("/").pop());
      assert.equal(verbs.filter((verb) => verb === "initialized").length, 2, verbs.join());
    });

    test("a link that leads nowhere says so", async () => {
      const { page } = await browser.watch(PHONE, "en-US");
      await page.goto(link().replace(/launch\/.{8}/, "launch/AAAAAAAA"));
      await page.getByRole("heading", { name: "This link does not lead anywhere any more" }).waitFor();
      await fits(page, PHONE);
    });

    test("what is no answer of the server, is told, and asked for again", async () => {
      const { url } = await another("proxy");
      const { page } = await browser.watch(PHONE, "en-US");
      const instead = (route) => route.fulfill({ contentType: "text/html", body: "<p>Please log in" });
      await page.route("**/course", instead);
      await page.goto(url);
      await page.getByText("Rollbook cannot be reached just now").waitFor();
      await page.unroute("**/course", instead);
      await page.getByRole("button", { name: "Try once more" }).click();
      await page.locator("#go-on").waitFor();
      // The same, while a unit begins.
      await page.route("**/xapi/activities/state?**", instead);
      await page.locator("#go-on").click();
      const unit = page.frameLocator("#frame iframe");
      await unit.getByText("Rollbook cannot be reached").waitFor();
      await page.unroute("**/xapi/activities/state?**", instead);
      await unit.getByRole("button", { name: "Try again" }).click();
      await unit.locator("#next").waitFor();
    });

    test("a launch that fails is told where the learner is", async () => {
      const { url } = await another("far down");
      const { page } = await visit(url, { width: 375, height: 400 });
      await page.route("**/units/*", (route) => route.fulfill({ status: 503, body: "{}" }));
      await page.locator("#open-2").click();
      const retry = page.getByRole("button", { name: "Try once more" });
      await retry.waitFor();
      assert.equal(await retry.evaluate((button) => button === document.activeElement), true);
      const { y } = await retry.boundingBox();
      assert.ok(y >= 0 && y < 400, `it is at ${y}`);
      await page.unroute("**/units/*");
      await page.keyboard.press("Enter");
      await page.locator("#finish").waitFor();
    });

    test("a unit has its frame, and not the window around it", async () => {
      const { url } = await another("captive");
      const { page, unit } = await visit(url);
      await page.locator("#go-on").click();
      await unit.locator("#next").click();
      const told = await page.frames().at(-1).evaluate(() => {
        try {
          globalThis.top.location.href = "https://example.com/";
          return "it went";
        } catch ({ name }) {
          return name;
        }
      });
      assert.equal(told, "SecurityError");
      await unit.getByText("Page 2 of 4").waitFor();
      assert.equal(page.url(), url);
    });

    test("only what is ours may run on the page, and it tells nobody its address", async () => {
      const { headers } = await fetch(link());
      assert.match(headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("set-cookie"), null);
    });

    // The last one: from here on there are other courses.
    test("long words and another direction fit a phone", async () => {
      const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
      for (const [title, direction] of [[long, "ltr"], ["السلامة في المختبر", "rtl"]]) {
        const course = await server.api("POST", "/api/v1/courses", structure(title), "text/xml");
        assert.equal(course.status, 201, JSON.stringify(course.body));
        const { id } = await register(server, course.body.id, direction);
        const shared = await server.api("POST", `/api/v1/registrations/${id}/links`, {});
        const { page } = await visit(shared.body.url, PHONE);
        await fits(page, PHONE);
        assert.equal(await page.locator("#course").evaluate((part) => getComputedStyle(part).direction), direction);
      }
    });
  },
  "demo",
);

/** What units tell on the way, which decides nothing. */
const SMALL = new Set(["progressed", "answered"]);

async function read(page, unit) {
  await page.locator("#go-on").click();
  for (let number = 2; number <= 4; number += 1) {
    await unit.locator("#next").click();
    await unit.getByText(`Page ${number} of 4`).waitFor();
  }
  await unit.locator("#finish").click();
}

async function answer(page, unit, answers) {
  await page.locator("#go-on").click();
  for (const [name, value] of Object.entries(answers)) {
    await unit.locator(`input[name=${name}][value=${value}]`).check();
  }
  await unit.locator("#hand-in").click();
}

/** A course of one unit, whose every title is this. */
function structure(title) {
  const id = `https://example.com/courses/${encodeURIComponent(title)}`;
  const text = `<title><langstring>${title}</langstring></title><description><langstring>${title}</langstring></description>`;
  return `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
    <course id="${id}">${text}</course>
    <block id="${id}/block">${text}<au id="${id}/unit">${text}<url>https://example.com/unit</url></au></block>
  </courseStructure>`;
}

/** Presses Tab until the element with this id has the focus. */
async function tabTo(page, frame, id) {
  for (let presses = 0; presses < 20; presses += 1) {
    if ((await frame.evaluate(() => document.activeElement?.id)) === id) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not lead to ${id}`);
}

async function fits(page, viewport) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= viewport.width, `the page is ${wide} wide on a screen of ${viewport.width}`);
}

async function until(holds, message) {
  for (let waited = 0; !holds(); waited += 100) {
    if (waited > 10_000) assert.fail(message());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
