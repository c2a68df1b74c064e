// Puts a surface together: each file gets a name that changes with its contents, and whatever names it gets to
// know that name. Nothing is bundled.

import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Writes `dist/NAME/`. `files` are the texts of what lies under `assets/`, in an order in which each comes after
 * the scripts that it imports (as `"./name.js"`); `pages` are those that name files as `"assets/name"`. `mount`
 * is where the browser finds `assets/`.
 */
export async function surface({ name, mount, files, pages }) {
  const out = fileURLToPath(new URL(`dist/${name}`, import.meta.url));
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, "assets"), { recursive: true });
  const names = new Map();
  const renamed = (text, before, after) =>
    [...names].reduce((text, [plain, hashed]) => text.replaceAll(`"${before}${plain}"`, `"${after}${hashed}"`), text);
  for (const [plain, text] of Object.entries(files)) {
    const contents = plain.endsWith(".js") ? renamed(text, "./", "./") : text;
    if (/from "\.\/\w+\.js"/.test(contents)) throw new Error(`${plain} comes before what it imports`);
    const { name: stem, ext } = path.parse(plain);
    const hashed = `${stem}-${createHash("sha256").update(contents).digest("hex").slice(0, 12)}${ext}`;
    names.set(plain, hashed);
    await writeFile(path.join(out, "assets", hashed), contents);
  }
  for (const [file, text] of Object.entries(pages)) {
    const named = renamed(text, "assets/", `${mount}/assets/`);
    if (named.includes('"assets/')) throw new Error(`${file} names a file that ${name} does not make`);
    await writeFile(path.join(out, file), named);
  }
}
