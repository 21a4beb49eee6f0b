import { make } from "../lib/make.js";
import { loadStyle } from "./style_sheet.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */

/**
 * Something that comes over the picture when it is asked for: a heading, a button that puts it away, and what its owner
 * puts into `body`. The focus goes to it, and back to where it was; the Escape key closes it before it does anything else.
 */
export class Sheet {
  #root;
  #closeButton;
  #closed;
  #style;
  /** @type {Element | null} what had the focus before */
  #before = null;
  #onKey = (/** @type {KeyboardEvent} */ event) => this.#closeBy(event);

  /**
   * @param {HTMLElement} parent whose `data-style` is the style sheet
   * @param {string} id
   * @param {string} title
   * @param {Messages} messages
   * @param {() => void} [closed]
   */
  constructor(parent, id, title, messages, closed = () => {}) {
    this.#root = make("div", "sheet");
    this.#root.id = id;
    this.#root.hidden = true;
    this.#root.setAttribute("role", "dialog");
    this.#root.setAttribute("aria-labelledby", `${id}-title`);
    const heading = make("h2", "", title);
    heading.id = `${id}-title`;
    this.#closeButton = make("button", "quiet icon", "×");
    this.#closeButton.setAttribute("aria-label", messages.text("live.sheet.close"));
    this.#closeButton.addEventListener("click", () => this.close());
    this.body = make("dl", "sheet-body");
    this.#root.append(heading, this.#closeButton, this.body);
    this.#closed = closed;
    this.#style = styleOf(parent);
    parent.append(this.#root);
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  async open() {
    await this.#style;
    if (this.isOpen) return;
    this.#before = document.activeElement;
    this.#root.hidden = false;
    this.#closeButton.focus({ preventScroll: true });
    window.addEventListener("keydown", this.#onKey, { capture: true });
  }

  close() {
    if (!this.isOpen) return;
    const focused = /** @type {HTMLElement} */ (document.activeElement);
    const within = this.#root.contains(focused);
    if (within) focused.blur(); // at once, where nothing had it before
    this.#root.hidden = true;
    window.removeEventListener("keydown", this.#onKey, { capture: true });
    if (within) /** @type {HTMLElement | null} */ (this.#before)?.focus?.({ preventScroll: true });
    this.#closed();
  }

  /** A term and what there is to say of it. @param {string} term @returns {HTMLElement} for the latter */
  addRow(term) {
    const value = make("dd");
    this.body.append(make("dt", "", term), value);
    return value;
  }

  /** @param {KeyboardEvent} event */
  #closeBy(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.close();
  }
}

/** Loaded once, for all sheets. @param {HTMLElement} parent */
function styleOf(parent) {
  const there = [...document.querySelectorAll("link")].some((link) => link.getAttribute("href") === parent.dataset.style);
  return there ? Promise.resolve() : loadStyle(parent.dataset.style);
}
