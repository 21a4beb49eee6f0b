import { setText } from "../lib/dom.js";

const SECONDS = 6;

/** Says for a while what has happened, near to the thumb; with a button where that can still be undone. */
export class Toast {
  #element;
  #words;
  #button;
  #timer = 0;
  /** @type {{end: () => void, milliseconds: number} | null} what happens when its time is over */
  #shown = null;
  #undo = () => {};

  /** @param {HTMLElement} element with a paragraph and a button */
  constructor(element) {
    this.#element = element;
    this.#words = /** @type {HTMLElement} */ (element.querySelector("p"));
    this.#button = /** @type {HTMLButtonElement} */ (element.querySelector("button"));
    this.#button.addEventListener("click", () => this.#undo());
    // Whoever is about to press it is given the time.
    for (const event of ["pointerenter", "focusin"]) element.addEventListener(event, () => clearTimeout(this.#timer));
    for (const event of ["pointerleave", "focusout"]) element.addEventListener(event, () => this.#wait());
  }

  /**
   * @param {string} text
   * @param {{undo?: () => void, end?: () => void, seconds?: number}} [then] `end` is called when its time is over, or something
   *   else is said that does not have the same one
   */
  say(text, { undo, end = () => {}, seconds = SECONDS } = {}) {
    const before = this.#shown;
    this.#element.classList.toggle("shown", text !== "");
    setText(this.#words, text);
    this.#button.hidden = !undo;
    this.#undo = undo ?? (() => {});
    this.#shown = text ? { end, milliseconds: seconds * 1000 } : null;
    this.#wait();
    if (before && before.end !== end) before.end();
  }

  #wait() {
    clearTimeout(this.#timer);
    const shown = this.#shown;
    if (!shown) return;
    this.#timer = setTimeout(() => this.say(""), shown.milliseconds);
  }
}
