// Puts the page at /docs together: each file gets a name that changes with its contents, and the page the
// names of its files. Nothing is bundled: swagger-ui-dist is one script and one style sheet already.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const package_ = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const out = path.join(here, "../dist/docs");

const ours = (name) => readFile(path.join(here, name), "utf8");
const theirs = (name) => readFile(path.join(package_, name), "utf8");

/** Takes away what names a file that is not there: browsers look for it when their tools are open. */
const unmapped = (text) => text.replace(/\n?(\/\/|\/\*)# sourceMappingURL=\S+( \*\/)?\s*$/, "\n");

const licenses = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"];
const files = {
  "swagger-ui.js": unmapped(await theirs("swagger-ui-bundle.js")),
  "swagger-ui.css": unmapped(await theirs("swagger-ui.css")),
  "docs.js": await ours("docs.js"),
  "docs.css": await ours("docs.css"),
  "licenses.txt": (await Promise.all(licenses.map(theirs))).join("\n\n"),
  "icon.svg": await ours("icon.svg"),
};

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, "assets"), { recursive: true });
let page = await ours("index.html");
for (const [name, text] of Object.entries(files)) {
  const { name: stem, ext } = path.parse(name);
  const hashed = `${stem}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}${ext}`;
  await writeFile(path.join(out, "assets", hashed), text);
  page = page.replaceAll(`"assets/${name}"`, `"/docs/assets/${hashed}"`);
}
if (page.includes('"assets/')) throw new Error("index.html names a file that build.js does not make");
await writeFile(path.join(out, "index.html"), page);
