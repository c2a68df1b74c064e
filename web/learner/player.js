// A unit in a frame that fills the window, under a bar that leads back to the course.

const found = (id) => document.getElementById(id);
const frames = found("frame");
const bar = found("player");

/** All that courses need, but not this window, in which they could put on a page that looks like ours. */
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-modals allow-downloads";

let leave;

/** Whether a browser shows this address in a frame of this page: an app's own scheme it does not, nor http in https. */
export function isFramable(url) {
  const { protocol } = new URL(url);
  return protocol === "https:" || protocol === globalThis.location.protocol;
}

/** Opens a unit; `then` is called once, when the learner is back, with whether the unit itself has led back. */
export function play(title, url, then) {
  found("playing").textContent = title;
  found("over").hidden = true;
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.setAttribute("sandbox", SANDBOX);
  // Old courses tell their last in `unload`, which browsers are about to do without.
  frame.allow = "autoplay; fullscreen; clipboard-write; unload";
  frame.src = url;
  frames.replaceChildren(frame);
  bar.hidden = false;
  document.body.classList.add("playing");
  frame.focus();
  // So that the back button of the browser, or of a phone, leads to the course and not away from it.
  globalThis.history.pushState({ playing: true }, "");
  leave = (isReturned) => {
    leave = undefined;
    frames.replaceChildren();
    bar.hidden = true;
    document.body.classList.remove("playing");
    if (globalThis.history.state?.playing) globalThis.history.back();
    then(isReturned);
  };
}

/** Says that the unit has ended without leading back. */
export function over() {
  if (leave) found("over").hidden = false;
}

found("leave").addEventListener("click", () => leave?.(false));
globalThis.addEventListener("popstate", () => leave?.(false));
globalThis.addEventListener("message", ({ origin, data }) => {
  if (origin === globalThis.location.origin && data?.rollbook === "returned") leave?.(true);
});
