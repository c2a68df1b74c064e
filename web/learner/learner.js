// The page of a learner: one course, what is done, what is next, and a clear end.

import { WORDS, chosen } from "./words.js";
import * as server from "./course.js";
import { direction, element, invitation, outline, units } from "./outline.js";
import { isFramable, over, play } from "./player.js";

const POLL_MS = 4000;
/** Where the way back is kept while a unit has the window; `return.js` reads it. */
const WAY_BACK = "rollbook course";

const found = (id) => document.getElementById(id);
let words = WORDS[chosen(navigator.languages)];
let course;
/** The launch that has the frame, if one has. */
let launched;

/** Reads the course again and shows it. */
async function refresh() {
  course = await server.course();
  const preferred = (course.preferences?.languagePreference ?? "").split(",").filter(Boolean);
  const language = chosen([...preferred, ...navigator.languages]);
  words = WORDS[language];
  document.documentElement.lang = language;
  show(preferred[0] ?? language);
}

function show(language) {
  document.title = course.title;
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = words[place.dataset.word];
  for (const id of ["title", "description"]) found(id).textContent = course[id] ?? "";
  found("course").dir = direction(course);
  found("progress").max = Math.max(course.units, 1);
  found("progress").value = course.unitsSatisfied;
  found("count").textContent = words.of(course.unitsSatisfied, course.units);
  found("outline").replaceChildren(outline(course, words, open));
  showNext();
  showEnd();
  showPreferences(language);
  found("waiting").hidden = true;
  found("trouble").hidden = true;
  found("course").hidden = false;
}

/** The one thing to do now, above the list. */
function showNext() {
  const next = units(course).find(({ index }) => index === course.next);
  found("next").hidden = !next || course.satisfied;
  if (!next) return;
  const button = element("button", "", invitation(next, words));
  button.type = "button";
  button.id = "go-on";
  button.setAttribute("aria-labelledby", "go-on next-title");
  button.addEventListener("click", () => open(next, button));
  found("next-title").textContent = next.title;
  found("next-button").replaceChildren(button);
}

function showEnd() {
  found("end").hidden = !course.satisfied;
  if (!course.satisfied) return;
  const date = new Date(course.satisfiedAt);
  const text = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  found("since").textContent = words.since(text.format(date));
}

function showPreferences(language) {
  const select = found("language");
  const known = Object.keys(WORDS);
  // Somebody else may have set one that this page does not speak; courses may.
  const primary = language.split("-")[0];
  const offered = known.includes(primary) ? known : [language, ...known];
  const name = (code) => WORDS[code]?.name ?? nameOf(code);
  const options = offered.map((code) => new Option(name(code), code, false, code === language || code === primary));
  for (const option of options) option.lang = option.value;
  select.replaceChildren(...options);
  found("sound").checked = course.preferences?.audioPreference !== "off";
}

/** What a language calls itself; a tag that the browser does not know stands as it is. */
function nameOf(code) {
  try {
    return new Intl.DisplayNames(code, { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Launches a unit, as it asks: in the frame, or in this window. */
async function open(unit, button) {
  button.disabled = true;
  found("said").textContent = words.opening(unit.title);
  try {
    launched = await server.launch(unit.index);
  } catch (refusal) {
    button.disabled = false;
    tell(refusal, () => open(unit, button));
    return found("retry")?.focus();
  }
  // cmi5 8.1: a unit that asks for a window of its own may be given this one.
  if (launched.launchMethod === "OwnWindow" || !isFramable(launched.url)) {
    const { url } = launched;
    // Nothing is open in this page, should the browser show it again as it was.
    launched = undefined;
    sessionStorage.setItem(WAY_BACK, globalThis.location.pathname);
    globalThis.location.assign(url);
    return;
  }
  button.disabled = false;
  for (const id of ["course", "trouble"]) found(id).hidden = true;
  play(unit.title, launched.url, (isReturned) => back(isReturned));
}

/** The learner is back from the frame. */
async function back(isReturned) {
  const { returnUrl } = launched;
  launched = undefined;
  found("course").hidden = false;
  if (!isReturned) await server.left(returnUrl);
  await again();
  found("said").textContent = words.returned;
  const place = course?.satisfied ? found("end-title") : (document.getElementById("go-on") ?? found("title"));
  place.focus();
}

/** Reads the course again, and says what went wrong. */
async function again() {
  await refresh().catch((refusal) => tell(refusal, again));
}

function tell(refusal, retry) {
  if (!(refusal instanceof server.Refusal)) throw refusal;
  found("waiting").hidden = true;
  if (refusal.isEnd) {
    for (const id of ["course", "trouble"]) found(id).hidden = true;
    for (const place of document.querySelectorAll("[data-word]")) place.textContent = words[place.dataset.word];
    document.title = words.ended;
    found("ended").hidden = false;
    return;
  }
  found("trouble-text").textContent = refusal.status === 0 || refusal.status >= 500 ? words.unreachable : words.refused;
  const button = element("button", "plain", words.retry);
  button.type = "button";
  button.id = "retry";
  button.addEventListener("click", retry);
  found("trouble-button").replaceChildren(button);
  found("trouble").hidden = false;
}

/** While a unit is open: whether it has ended, for not all of them lead back. */
async function watch() {
  if (!launched || document.hidden) return;
  const { session } = launched;
  const seen = await server.course().catch(() => undefined);
  if (seen && launched?.session === session && seen.activeSession?.id !== session) over();
}

async function prefer() {
  const audioPreference = found("sound").checked ? "on" : "off";
  const preferences = { languagePreference: found("language").value, audioPreference };
  await server.prefer(preferences).then(refresh, (refusal) => tell(refusal, prefer));
}

found("language").addEventListener("change", prefer);
found("sound").addEventListener("change", prefer);
// Back by the browser's own button: what is shown may be old.
globalThis.addEventListener("pageshow", ({ persisted }) => persisted && !launched && again());
document.addEventListener("visibilitychange", () => !document.hidden && !launched && course && again());
setInterval(watch, POLL_MS);

document.documentElement.lang = chosen(navigator.languages);
for (const place of document.querySelectorAll("[data-word]")) place.textContent = words[place.dataset.word];
await again();
