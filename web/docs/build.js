// Puts the page at /docs together. Nothing is bundled: swagger-ui-dist is one script and one style sheet already.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { surface } from "../surface.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const package_ = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const ours = (name) => readFile(path.join(here, name), "utf8");
const theirs = (name) => readFile(path.join(package_, name), "utf8");

/** Takes away what names a file that is not there: browsers look for it when their tools are open. */
const unmapped = (text) => text.replace(/\n?(\/\/|\/\*)# sourceMappingURL=\S+( \*\/)?\s*$/, "\n");

const licenses = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"];

await surface({
  name: "docs",
  mount: "/docs",
  files: {
    "swagger-ui.js": unmapped(await theirs("swagger-ui-bundle.js")),
    "swagger-ui.css": unmapped(await theirs("swagger-ui.css")),
    "docs.js": await ours("docs.js"),
    "docs.css": await ours("docs.css"),
    "licenses.txt": (await Promise.all(licenses.map(theirs))).join("\n\n"),
    "icon.svg": await ours("icon.svg"),
  },
  pages: { "index.html": await ours("index.html") },
});
