// The end: the whole way on one page.

import { doing, start } from "../shared/course.js";

start((session) => {
  const finish = document.getElementById("finish");
  document.getElementById("print").addEventListener("click", () => globalThis.print());
  finish.addEventListener("click", () =>
    doing(finish, async () => {
      await session.completed();
      await session.close();
    }),
  );
});
