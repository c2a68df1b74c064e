// Learning content as it is met in practice: a page of another origin than the server, in a real browser.
// Nothing is switched off that a learner's browser has on: cross-origin rules apply.

import { access } from "node:fs/promises";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

/** Debian's package `chromium`; scripts/clients installs it. */
const PROGRAM = process.env.ROLLBOOK_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a step may take on a machine that is busy with other things. */
const PATIENCE_MS = 60_000;

/** The builds for browsers, as content includes them. */
const SCRIPTS = {
  "/xapiwrapper.js": script("xapiwrapper/package.json", "dist/xapiwrapper.min.js"),
  "/tincan.js": script("tincanjs/package.json", "build/tincan-min.js"),
  "/xapi.js": script("@xapi/xapi", "XAPI.umd.js"),
  "/xapijs-cmi5.js": script("@xapi/cmi5/package.json", "dist/Cmi5.umd.js"),
  "/rustici-cmi5.js": script("@rusticisoftware/cmi5", "cmi5.js"),
};

/** A browser and the server that its content comes from. */
export class Browser {
  /** Where the content comes from. */
  origin;
  #files;
  #browser;

  async start() {
    await access(PROGRAM).catch(() => {
      throw new Error(`${PROGRAM} is missing: install Debian's package chromium, or name one in ROLLBOOK_CHROMIUM`);
    });
    this.#files = createServer(serve);
    await new Promise((resolve) => this.#files.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${this.#files.address().port}`;
    this.#browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  }

  /** A page that has these scripts. */
  async open(...scripts) {
    return this.launch(`${this.origin}/content.html`, ...scripts);
  }

  /** A page of content as a learner gets to it: at the address that a launch gave out. */
  async launch(url, ...scripts) {
    const page = await (await this.#browser.newContext()).newPage();
    await page.goto(url);
    for (const url of scripts) await page.addScriptTag({ url });
    return page;
  }

  /** A page of the server's own as somebody sees it, and what it did that it should not have. */
  async visit(url, viewport, locale = "en-US") {
    const { page, wrongs } = await this.watch(viewport, locale);
    page.on("requestfailed", (request) => wrongs.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "data:" && origin !== new URL(url).origin) wrongs.push(`left the origin: ${request.url()}`);
    });
    await page.goto(url);
    return { page, wrongs };
  }

  /** An empty page in a window of this size and language, and what goes wrong in it. */
  async watch(viewport, locale) {
    const page = await (await this.#browser.newContext({ viewport, locale })).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const wrongs = [];
    page.on("console", (message) => {
      const isWrong = ["error", "warning"].includes(message.type());
      // Whether there is a document yet, a unit can only find out by asking for it.
      const { url } = message.location();
      const isSearch = /status of 404/.test(message.text()) && /\/(activities\/state|agents\/profile)\?/.test(url);
      // The page that units lead back to is our own, in the frame in which there was a unit of another origin.
      const isReturn = /both allow-scripts and allow-same-origin/.test(message.text());
      if (isWrong && !isSearch && !isReturn) wrongs.push(`${message.text()} (${url})`);
    });
    page.on("pageerror", (error) => wrongs.push(error.message));
    return { page, wrongs };
  }

  async stop() {
    await this.#browser?.close();
    this.#files?.close();
  }
}

/** A file of a package, found from what it exports. */
function script(exported, file) {
  const from = createRequire(import.meta.url).resolve(exported);
  return path.join(path.dirname(from), file);
}

async function serve(request, response) {
  if (request.url.split("?")[0] === "/content.html") {
    return response.setHeader("Content-Type", "text/html; charset=utf-8").end("<!doctype html><title>Course</title>");
  }
  const file = SCRIPTS[request.url];
  if (!file) return response.writeHead(404).end();
  response.setHeader("Content-Type", "text/javascript; charset=utf-8").end(await readFile(file));
}
