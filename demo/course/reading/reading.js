// Four pages beside a map of the sky. The learner comes back to the page where they left.

import { doing, start } from "../shared/course.js";

const pages = [...document.querySelectorAll(".page")];
const sky = document.querySelector(".sky");
const [back, next, finish, progress] = ["back", "next", "finish", "progress"].map((id) => document.getElementById(id));

start((session) => {
  const { page = 1, farthest = 0 } = session.kept;
  turn(page);
  back.addEventListener("click", () => go(here() - 1));
  next.addEventListener("click", () => go(here() + 1));
  finish.addEventListener("click", () => doing(finish, end));
  let seen = farthest;

  /** Turns at once; what is kept of it may take its time. */
  function go(to) {
    seen = Math.max(seen, to - 1);
    turn(to);
    pages[to - 1].querySelector("h1").focus();
    const isNew = seen > (session.kept.farthest ?? 0);
    const kept = session.keep({ page: to, farthest: seen });
    const told = isNew && session.counts ? session.progressed((seen * 100) / pages.length) : undefined;
    doing(next, () => Promise.all([kept, told]));
  }

  async function end() {
    await session.completed();
    await session.keep({ page: 1 });
    await session.close();
  }
});

function here() {
  return pages.findIndex((page) => !page.hidden) + 1;
}

function turn(to) {
  pages.forEach((page, index) => (page.hidden = index + 1 !== to));
  sky.dataset.page = to;
  progress.value = to;
  for (const number of document.querySelectorAll(".number")) number.textContent = to;
  back.disabled = to === 1;
  next.hidden = to === pages.length;
  finish.hidden = to !== pages.length;
}
