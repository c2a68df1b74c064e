// Compresses the texts of dist/, once and well: the program keeps and answers them as they are then.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const TEXTS = new Set([".css", ".html", ".js", ".json", ".svg", ".txt"]);
const dist = fileURLToPath(new URL("dist", import.meta.url));

for (const name of await readdir(dist, { recursive: true })) {
  if (!TEXTS.has(path.extname(name))) continue;
  const file = path.join(dist, name);
  await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
  await rm(file);
}
