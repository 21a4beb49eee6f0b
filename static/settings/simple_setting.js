import { Setting } from "./setting.js";

/** @typedef {import("./store.js").Patch} Patch */

/** One switch, or one list to choose from: what it says is the value. */
export class SimpleSetting extends Setting {
  #control;
  #path;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    this.#control = /** @type {HTMLInputElement | HTMLSelectElement} */ (this.root.querySelector("input, select"));
    this.#path = (this.root.dataset.key ?? "").split(".");
    this.#control.addEventListener("change", () => this.save(this.#patch()));
    this.show(this.store.settings); // some browsers keep what a control showed before
  }

  /** @param {any} settings */
  show(settings) {
    const value = this.#path.reduce((found, name) => found[name], settings);
    if (this.#control instanceof HTMLInputElement) this.#control.checked = value;
    else this.#control.value = String(value ?? "");
  }

  /** @returns {Patch} */
  #patch() {
    return this.#path.reduceRight((value, name) => ({ [name]: value }), /** @type {any} */ (this.#value()));
  }

  #value() {
    if (this.#control instanceof HTMLInputElement) return this.#control.checked;
    const { value } = this.#control;
    return this.root.dataset.kind === "number" ? Number(value) : value || null;
  }
}
