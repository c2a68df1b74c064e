// Puts the pages of a learner together.

import { readFile } from "node:fs/promises";
import { surface } from "../surface.js";

const FILES = ["learner.css", "words.js", "course.js", "outline.js", "player.js", "learner.js", "return.js"];
const PAGES = ["index.html", "return.html"];

const read = (name) => readFile(new URL(name, import.meta.url), "utf8");
const all = async (names) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));

await surface({
  name: "learner",
  mount: "/learner",
  files: { ...(await all(FILES)), "icon.svg": await read("../docs/icon.svg") },
  pages: await all(PAGES),
});
