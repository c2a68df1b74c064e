// The course as a list: what is done, what is next, and a button for each unit.

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** An element with classes and children; texts are texts, never markup. */
export function element(name, classes = "", ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== undefined));
  // What we say and what the course says may run in different directions.
  if (children.every((child) => typeof child === "string")) made.dir = "auto";
  return made;
}

/** In which direction a course is laid out: that of the first letter of its title, as `dir="auto"` has it. */
export function direction({ title }) {
  const [first = ""] = /\p{L}/u.exec(title) ?? [];
  return RIGHT_TO_LEFT.test(first) ? "rtl" : "ltr";
}

/** All units, in the order of the course. */
export function units(course) {
  const flat = (children) => children.flatMap((child) => (child.type === "unit" ? [child] : flat(child.children)));
  return flat(course.children);
}

/** The list; `open` is called with the unit that the learner chose. */
export function outline(course, words, open) {
  const list = (children, level) => {
    const items = children.map((child) =>
      child.type === "unit" ? unit(child, course, words, level, open) : block(child, words, level, list),
    );
    return element("ol", "outline", ...items);
  };
  return list(course.children, 2);
}

/** What the button of a unit says. */
export function invitation(unit, words) {
  if (unit.satisfied && unit.moveOn !== "NotApplicable") return words.review;
  if (unit.failed && !unit.passed) return words.again;
  if (unit.attempted) return words.resume;
  return words.start;
}

function block(child, words, level, list) {
  const heading = own(`h${Math.min(level, 6)}`, child.title);
  const state = child.satisfied ? element("p", "state done", words.done) : undefined;
  return element("li", "block", element("div", "title", heading, state), told(child), list(child.children, level + 1));
}

function unit(child, course, words, level, open) {
  const isNext = child.index === course.next;
  const [kind, text] = state(child, words);
  const heading = own(`h${Math.min(level, 6)}`, child.title);
  heading.id = `unit-${child.index}`;
  const button = element("button", "plain", invitation(child, words));
  button.type = "button";
  button.id = `open-${child.index}`;
  button.setAttribute("aria-labelledby", `${button.id} ${heading.id}`);
  button.addEventListener("click", () => open(child, button));
  const hints = [
    child.satisfied ? undefined : need(child, words),
    child.launchMethod === "OwnWindow" ? words.own : undefined,
  ].filter(Boolean);
  const title = element("div", "title", heading, element("p", `state ${kind}`, text));
  const hint = hints.length > 0 ? element("p", "hint", `${hints.join(". ")}.`) : undefined;
  const item = element("li", `unit ${kind}`, element("div", "", title, told(child), hint), button);
  if (isNext) item.setAttribute("aria-current", "step");
  return item;
}

/** A text of the course, which is in any of its languages, and not in that of the page. */
function own(name, text) {
  const made = element(name, "", text);
  made.lang = "";
  return made;
}

function told({ description, title }) {
  return description && description !== title ? own("p", description) : undefined;
}

/** How far a unit is, as a class and in words. */
function state(unit, words) {
  const score = typeof unit.score?.scaled === "number" ? words.score(percent(unit.score.scaled)) : undefined;
  const said = (word) => [word, score].filter(Boolean).join(", ");
  if (unit.waived) return ["done", words.waived];
  if (unit.satisfied && unit.moveOn !== "NotApplicable") return ["done", said(words.done)];
  if (unit.failed && !unit.passed) return ["failed", said(words.failed)];
  if (unit.attempted) return ["begun", said(words.begun)];
  return ["fresh", words.fresh];
}

function need({ moveOn, masteryScore }, words) {
  const mastery = masteryScore > 0 && /Passed/.test(moveOn) ? words.mastery(percent(masteryScore)) : undefined;
  return [words.needs[moveOn], mastery].filter(Boolean).join(": ");
}

function percent(scaled) {
  const format = { style: "percent", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(scaled);
}
