import { make } from "./make.js";

/** What a button of the page's head opens below it; a press beside it or Escape closes it. Its style is static/popover.css. */
export class Popover {
  #button;
  #body = make("div", "popover");

  /**
   * @param {HTMLElement} button its `data-style` is the style sheet
   * @param {string} id
   */
  constructor(button, id) {
    this.#button = button;
    this.#body.id = id;
    this.#body.hidden = true;
    button.after(this.#body);
    button.setAttribute("aria-controls", id);
    document.addEventListener("pointerdown", (event) => this.#onPress(/** @type {Node} */ (event.target)));
    document.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: button.dataset.style }));
  }

  /** Where what it shows is put. */
  get body() {
    return this.#body;
  }

  get isShown() {
    return !this.#body.hidden;
  }

  /** @param {boolean} shown */
  show(shown) {
    this.#body.hidden = !shown;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  /** What was to be done here is done. */
  close() {
    this.show(false);
    this.#button.focus({ preventScroll: true });
  }

  /** @param {Node} target */
  #onPress(target) {
    if (!this.#body.contains(target) && !this.#button.contains(target)) this.show(false);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || !this.isShown) return;
    event.stopPropagation();
    this.close();
  }
}
