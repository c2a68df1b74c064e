// Where units lead back to (cmi5 10.2.6): it tells the server that the learner has left the unit, and leads on
// to the course, whose page is around this one or was in this window before.

import { WORDS, chosen } from "./words.js";

const { location, parent, sessionStorage } = globalThis;
const language = chosen(navigator.languages);
document.documentElement.lang = language;
document.getElementById("told").textContent = WORDS[language].loading;

await fetch(location.pathname, { method: "POST", keepalive: true })
  .then((answer) => answer.text())
  .catch(() => undefined);

const wayBack = sessionStorage.getItem("rollbook course");
if (parent !== globalThis) {
  parent.postMessage({ rollbook: "returned" }, location.origin);
} else if (wayBack) {
  sessionStorage.removeItem("rollbook course");
  location.replace(wayBack);
} else {
  document.getElementById("told").textContent = WORDS[language].close;
}
