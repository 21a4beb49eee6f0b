/**
 * A page is ready: from now on it takes what is pressed, and looks again whenever it is seen, as somebody may have changed
 * something on another phone, or from a message.
 * @param {() => void} look
 */
export function begin(look) {
  document.addEventListener("visibilitychange", () => document.hidden || look());
  window.addEventListener("pageshow", (event) => event.persisted && !document.hidden && look());
  document.querySelector("main")?.removeAttribute("inert");
  document.body.dataset.ready = "";
}
