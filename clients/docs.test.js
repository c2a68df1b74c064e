// The page at /docs as people meet it: on a desk and on a phone, with nothing but this server to load from.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { onSqlite } from "./server.js";

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

onSqlite("the page at /docs", (server) => {
  const browser = new Browser();
  before(() => browser.start());
  after(() => browser.stop());

  for (const [name, viewport] of Object.entries({ DESK, PHONE })) {
    test(`every operation is listed, ${name}`, async () => {
      const { page, wrongs } = await browser.visit(`${server.origin}/docs`, viewport);
      await page.waitForSelector(".opblock");
      const { paths } = await (await fetch(`${server.origin}/openapi.json`)).json();
      const wanted = Object.values(paths).flatMap((item) => Object.keys(item).filter((method) => method !== "head"));
      assert.equal(await page.locator(".opblock").count(), wanted.length);
      await page.locator("#operations-statements-getStatements .opblock-summary-control").click();
      await page.getByText("voidedStatementId").first().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= viewport.width, `the page is ${wide} wide on a screen of ${viewport.width}`);
      assert.deepEqual(wrongs, []);
    });
  }

  test("a request is tried with a key", async () => {
    const { page, wrongs } = await browser.visit(`${server.origin}/docs`, DESK);
    await page.locator(".auth-wrapper .authorize").click();
    const basic = page.locator(".auth-container").filter({ hasText: "basic" });
    await basic.locator("input[name=username]").fill(server.key);
    await basic.locator("input[name=password]").fill(server.secret);
    await basic.locator(".authorize").click();
    await page.locator(".close-modal").click();
    const post = page.locator("#operations-statements-postStatements");
    await post.locator(".opblock-summary-control").click();
    await post.locator(".try-out__btn").click();
    await post.locator(".execute").click();
    const status = await post.locator(".live-responses-table .response-col_status").nth(1).innerText();
    assert.match(status, /^200/);
    assert.deepEqual(wrongs, []);
  });

  test("only what is ours may run", async () => {
    const { headers } = await fetch(`${server.origin}/docs`);
    assert.match(headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'; style-src 'self';/);
    const { page } = await browser.visit(`${server.origin}/docs`, DESK);
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.body.append(script);
      return globalThis.ran === true;
    });
    assert.equal(ran, false);
  });
});
