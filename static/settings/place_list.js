import { byId } from "../lib/dom.js";
import { make } from "../lib/make.js";

/** @typedef {import("./places_store.js").Place} Place */
/**
 * @typedef {object} Told
 * @property {(index: number) => void} chosen
 * @property {(index: number, name: string) => void} named
 * @property {(index: number) => void} removed
 */
/** @typedef {{element: HTMLElement, name: HTMLInputElement, remove: HTMLButtonElement}} Row */

/** The places by their names, which can be changed, each with a button that removes it. */
export class PlaceList {
  #messages;
  #told;
  #list = byId("place-rows");
  #none = byId("places-none");
  #longest = Number(this.#list.dataset.longest);
  /** @type {Row[]} */
  #rows = [];

  /**
   * @param {import("../lib/messages.js").Messages} messages
   * @param {Told} told
   */
  constructor(messages, told) {
    this.#messages = messages;
    this.#told = told;
  }

  /** @param {Place[]} places @param {number} chosen */
  show(places, chosen) {
    while (this.#rows.length > places.length) this.#rows.pop()?.element.remove();
    while (this.#rows.length < places.length) this.#rows.push(this.#makeRow(this.#rows.length));
    places.forEach(({ name }, index) => this.#showRow(this.#rows[index], name, index === chosen));
    this.#none.hidden = Boolean(places.length);
  }

  /** To be given its name. @param {number} index */
  edit(index) {
    this.#rows[index]?.name.select();
    this.#rows[index]?.name.focus();
  }

  /** Where the keyboard goes on after that one was removed; false: there is none. @param {number} index */
  focus(index) {
    const row = this.#rows[Math.min(index, this.#rows.length - 1)];
    row?.remove.focus();
    return Boolean(row);
  }

  /** @param {Row} row @param {string} name @param {boolean} isChosen */
  #showRow({ element, name: input, remove }, name, isChosen) {
    if (document.activeElement !== input || input.dataset.saved !== name) input.value = name;
    input.dataset.saved = name;
    remove.setAttribute("aria-label", this.#messages.text("settings.places.remove.name", { name }));
    element.classList.toggle("chosen", isChosen);
  }

  /** @param {number} index @returns {Row} */
  #makeRow(index) {
    const element = make("li", "place-row");
    const name = Object.assign(make("input"), { type: "text", maxLength: this.#longest, autocomplete: "off" });
    name.setAttribute("aria-label", this.#messages.text("settings.places.name", { n: index + 1 }));
    name.addEventListener("focus", () => this.#told.chosen(index));
    name.addEventListener("change", () => {
      this.#told.named(index, name.value.trim());
    });
    name.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && name.blur());
    const remove = make("button", "remove", this.#messages.text("settings.places.remove"));
    remove.addEventListener("click", () => this.#told.removed(index));
    element.append(name, remove);
    this.#list.append(element);
    return { element, name, remove };
  }
}
