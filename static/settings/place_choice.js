import { Setting } from "./setting.js";

/** At which places visits are told: none of them is everywhere. */
export class PlaceChoice extends Setting {
  #everywhere;
  #boxes;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    [this.#everywhere, ...this.#boxes] = /** @type {HTMLInputElement[]} */ ([...this.root.querySelectorAll("input")]);
    this.root.addEventListener("change", ({ target }) => this.#change(target === this.#everywhere));
    this.show(this.store.settings);
  }

  /** @param {import("./store.js").Settings} settings */
  show({ notify: { places } }) {
    for (const box of this.#boxes) box.checked = places.includes(box.value);
    this.#everywhere.checked = !this.#boxes.some((box) => box.checked);
  }

  /** @param {boolean} isEverywhere */
  #change(isEverywhere) {
    const chosen = this.#boxes.filter((box) => box.checked).map((box) => box.value);
    return this.save({ notify: { places: isEverywhere ? [] : chosen } });
  }
}
