// Five questions. Handing in is final for this visit: whoever fails comes back for another.

import { doing, spoken, start } from "../shared/course.js";

const WORDS = {
  en: {
    right: "Right.",
    wrong: "Not quite.",
    score: (right, of) => `${right} of ${of} are right`,
    passed: "Well done: you passed. You will find north from now on.",
    failed: "That was not enough this time. Have another look at the pages, and try again.",
    unscored: "This was a look back; your result stays as it was.",
    over: "You have handed in your answers in this visit. Go back to the course to try again.",
  },
  de: {
    right: "Richtig.",
    wrong: "Nicht ganz.",
    score: (right, of) => `${right} von ${of} sind richtig`,
    passed: "Gut gemacht: bestanden. Von nun an findest du Norden.",
    failed: "Das hat diesmal nicht gereicht. Sieh dir die Seiten noch einmal an und versuch es wieder.",
    unscored: "Das war ein Blick zurück; dein Ergebnis bleibt, wie es war.",
    over: "In diesem Besuch hast du schon abgegeben. Geh zurück zum Kurs, um es noch einmal zu versuchen.",
  },
};

const found = (id) => document.getElementById(id);
const quiz = found("quiz");
const questions = [...quiz.querySelectorAll("fieldset")];
const words = () => WORDS[document.documentElement.lang];

start((session) => {
  const needed = Math.ceil(session.masteryScore * questions.length - 1e-9);
  for (const place of quiz.querySelectorAll(".needed")) place.textContent = needed;
  found("done").addEventListener("click", () => doing(found("done"), () => session.close()));
  if (session.isJudged) return over();
  quiz.addEventListener("submit", (event) => {
    event.preventDefault();
    const open = questions.filter((question) => !chosen(question));
    for (const question of questions) question.classList.toggle("open", open.includes(question));
    found("unanswered").hidden = open.length === 0;
    if (open.length > 0) return open[0].querySelector("input").focus();
    doing(found("hand-in"), () => judge(session));
  });
});

async function judge(session) {
  const right = questions.filter(isRight).length;
  if (session.counts) await session.answered(questions.map(answer));
  const passed = await session.judged(right, questions.length);
  if (passed) await session.completed();
  const verdict = !session.counts ? words().unscored : passed ? words().passed : words().failed;
  for (const question of questions) explain(question);
  found("hand-in").hidden = true;
  found("intro").hidden = true;
  say(words().score(right, questions.length), verdict);
}

function over() {
  quiz.hidden = true;
  found("answers").hidden = true;
  say(document.title, words().over);
}

function say(heading, verdict) {
  const result = found("result");
  result.querySelector("h1").textContent = heading;
  found("verdict").textContent = verdict;
  result.hidden = false;
  found("leave").hidden = true;
  result.querySelector("h1").focus();
  globalThis.scrollTo(0, 0);
}

function explain(question) {
  for (const input of question.querySelectorAll("input")) input.disabled = true;
  const why = question.querySelector(".why");
  why.classList.toggle("right", isRight(question));
  why.querySelector(".mark").textContent = isRight(question) ? words().right : words().wrong;
  why.hidden = false;
}

function chosen(question) {
  return question.querySelector("input:checked");
}

function isRight(question) {
  return chosen(question).value === question.dataset.right;
}

/** What is told of one question: an interaction as xAPI describes it (Data 2.4.4.1). */
function answer(question) {
  const { lang } = document.documentElement;
  const choices = [...question.querySelectorAll("label")].map((label) => ({
    id: label.querySelector("input").value,
    description: { [lang]: spoken(label) },
  }));
  const definition = {
    type: "http://adlnet.gov/expapi/activities/cmi.interaction",
    interactionType: "choice",
    description: { [lang]: spoken(question.querySelector("legend")) },
    correctResponsesPattern: [question.dataset.right],
    choices,
  };
  const object = { part: `question/${question.dataset.question}`, definition };
  return { object, response: chosen(question).value, success: isRight(question) };
}
