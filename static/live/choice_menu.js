/** @typedef {import("./choices.js").Choices} Choices */
/** @typedef {import("./choices.js").ChoiceName} ChoiceName */

/**
 * The button on the picture that shows what there is to choose. The menu's radio groups are named as the choices are;
 * whatever is picked holds at once, and the menu stays until it is put away.
 */
export class ChoiceMenu {
  #button;
  #menu;
  #choices;

  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} menu
   * @param {Choices} choices
   * @param {ChoiceName[]} without what changes nothing in this browser
   */
  constructor(button, menu, choices, without) {
    this.#button = button;
    this.#menu = menu;
    this.#choices = choices;
    for (const name of without) menu.querySelectorAll(`[name=${name}]`).forEach((radio) => this.#leaveOut(radio));
    button.addEventListener("click", () => this.#show(menu.hidden));
    menu.addEventListener("change", (event) => this.#onPick(/** @type {HTMLInputElement} */ (event.target)));
    choices.addEventListener("change", () => this.#check());
    document.addEventListener("pointerdown", (event) => this.#onPress(/** @type {Node} */ (event.target)));
    window.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    this.#check();
    button.disabled = false; // before, a press would be lost
  }

  /** @param {Element} radio */
  #leaveOut(radio) {
    const group = radio.closest("fieldset");
    if (group) group.hidden = true;
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#menu.hidden = !shown;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  /** @param {HTMLInputElement} radio */
  #onPick({ name, value }) {
    this.#choices.set(/** @type {ChoiceName} */ (name), value);
  }

  #check() {
    for (const radio of this.#menu.querySelectorAll("input")) {
      radio.checked = this.#choices.get(/** @type {ChoiceName} */ (radio.name)) === radio.value;
    }
  }

  /** @param {Node} target */
  #onPress(target) {
    if (!this.#menu.contains(target) && !this.#button.contains(target)) this.#show(false);
  }

  // Heard before all others, so that the key puts away the menu alone, and not a picture that fills the page too.
  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || this.#menu.hidden) return;
    event.stopPropagation();
    const within = this.#menu.contains(document.activeElement);
    this.#show(false);
    if (within) this.#button.focus();
  }
}
