/** The field in which a new password is repeated: a form in which the two differ is not sent. */
export class RepeatedPassword {
  #again;
  #first;

  /** @param {HTMLInputElement} again in a form with a field named `password`; its `data-differ` is what it says */
  constructor(again) {
    this.#again = again;
    this.#first = /** @type {HTMLInputElement} */ (again.form?.elements.namedItem("password"));
    again.form?.addEventListener("input", () => this.#compare());
  }

  #compare() {
    const differ = this.#first.value !== this.#again.value;
    this.#again.setCustomValidity(differ ? this.#again.dataset.differ ?? "" : "");
  }
}
