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

/** The builds for browsers, as content includes them. */
const SCRIPTS = {
  "/xapiwrapper.js": script("xapiwrapper/package.json", "dist/xapiwrapper.min.js"),
  "/tincan.js": script("tincanjs/package.json", "build/tincan-min.js"),
  "/xapi.js": script("@xapi/xapi", "XAPI.umd.js"),
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
    const page = await (await this.#browser.newContext()).newPage();
    await page.goto(`${this.origin}/content.html`);
    for (const url of scripts) await page.addScriptTag({ url });
    return page;
  }

  /** A page of the server's own as somebody sees it, and what it did that it should not have. */
  async visit(url, viewport) {
    const page = await (await this.#browser.newContext({ viewport })).newPage();
    const wrongs = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) wrongs.push(message.text());
    });
    page.on("pageerror", (error) => wrongs.push(error.message));
    page.on("requestfailed", (request) => wrongs.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "data:" && origin !== new URL(url).origin) wrongs.push(`left the origin: ${request.url()}`);
    });
    await page.goto(url);
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
  if (request.url === "/content.html") {
    return response.setHeader("Content-Type", "text/html; charset=utf-8").end("<!doctype html><title>Course</title>");
  }
  const file = SCRIPTS[request.url];
  if (!file) return response.writeHead(404).end();
  response.setHeader("Content-Type", "text/javascript; charset=utf-8").end(await readFile(file));
}
