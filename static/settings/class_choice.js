import { Setting } from "./setting.js";

/** Of which pets visits are told: all of them is what the server has as none. */
export class ClassChoice extends Setting {
  #boxes;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    this.#boxes = /** @type {HTMLInputElement[]} */ ([...this.root.querySelectorAll("input")]);
    for (const name of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-class]"))) {
      name.textContent = this.messages.className(name.dataset.class ?? "");
    }
    this.root.addEventListener("change", () => this.#change());
    this.show(this.store.settings);
  }

  /** @param {import("./store.js").Settings} settings */
  show({ notify: { classes } }) {
    for (const box of this.#boxes) box.checked = !classes.length || classes.includes(box.value);
  }

  #change() {
    const chosen = this.#boxes.filter((box) => box.checked).map((box) => box.value);
    if (!chosen.length) {
      this.show(this.store.settings);
      return this.problem(this.messages.text("settings.classes.least"));
    }
    return this.save({ notify: { classes: chosen.length === this.#boxes.length ? [] : chosen } });
  }
}
