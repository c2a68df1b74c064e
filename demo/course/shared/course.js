// What the pages of this course share: they open their session, speak the learner's language, say what went
// wrong, and can be left.

import { Session, Trouble } from "./cmi5.js";

const LANGUAGES = ["en", "de"];
const WORDS = {
  en: {
    refused: "This visit has ended. Go back to the course and open this part again.",
    unreachable: "Rollbook cannot be reached. Nothing is lost: try again in a moment.",
    unlaunched: "This page is part of a course and has to be opened from there.",
    broken: "Something went wrong here. Go back to the course and open this part again.",
    again: "Try again",
  },
  de: {
    refused: "Dieser Besuch ist beendet. Geh zurück zum Kurs und öffne diesen Teil noch einmal.",
    unreachable: "Rollbook ist nicht zu erreichen. Nichts ist verloren: versuch es gleich noch einmal.",
    unlaunched: "Diese Seite gehört zu einem Kurs und muss von dort geöffnet werden.",
    broken: "Hier ist etwas schiefgegangen. Geh zurück zum Kurs und öffne diesen Teil noch einmal.",
    again: "Noch einmal versuchen",
  },
};

const found = (id) => document.getElementById(id);

/** Opens the session and shows the page; `show` makes it ready for the learner. */
export async function start(show) {
  speak(navigator.languages);
  let session;
  try {
    session = await Session.open();
    speak([...session.languages, ...navigator.languages]);
    found("looking-back").hidden = session.counts;
    await show(session);
  } catch (trouble) {
    found("waiting").hidden = true;
    tell(trouble);
    if (trouble.isPassing) offerAgain();
    found("leave").addEventListener("click", () => globalThis.location.assign(Session.returnUrl() ?? "about:blank"));
    found("leave").hidden = !Session.returnUrl();
    return;
  }
  found("leave").addEventListener("click", () => doing(found("leave"), () => session.close()));
  found("waiting").hidden = true;
  found("leave").hidden = false;
  document.querySelector("main").hidden = false;
}

/** Does what a button stands for, once at a time, and tells what went wrong; whoever asks again tries again. */
export async function doing(button, action) {
  button.disabled = true;
  try {
    found("trouble").hidden = true;
    await action();
  } catch (trouble) {
    tell(trouble);
  } finally {
    button.disabled = false;
  }
}

/** The text of an element in the learner's language. */
export function spoken(element) {
  return element.querySelector(`[lang="${document.documentElement.lang}"]`).textContent;
}

/** Shows the page in the first of these languages that it has. */
function speak(languages) {
  const primary = languages.map((language) => language.toLowerCase().split("-")[0]);
  document.documentElement.lang = primary.find((language) => LANGUAGES.includes(language)) ?? "en";
  document.title = spoken(document.querySelector("header p"));
  // What is named by its id is read even where it is hidden.
  const { lang } = document.documentElement;
  for (const sky of document.querySelectorAll(".sky")) sky.setAttribute("aria-labelledby", `sky-${lang}`);
}

function tell(trouble) {
  found("trouble").textContent = WORDS[document.documentElement.lang][kind(trouble)];
  found("trouble").hidden = false;
  console.warn(trouble);
}

function kind(trouble) {
  if (!(trouble instanceof Trouble)) return "broken";
  if (trouble.status === 400) return "unlaunched";
  return trouble.isPassing ? "unreachable" : "refused";
}

/** A page that could not begin begins anew: what it knows of its visit is kept. */
function offerAgain() {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = WORDS[document.documentElement.lang].again;
  button.addEventListener("click", () => globalThis.location.reload());
  found("trouble").after(button);
}
