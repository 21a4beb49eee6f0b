/** The button in a field for a password that shows what was typed, and hides it again; always before it is sent. */
export class ShowButton {
  #button;
  #field;

  /** @param {HTMLButtonElement} button hidden while there are no scripts; its field is what it controls */
  constructor(button) {
    this.#button = button;
    this.#field = /** @type {HTMLInputElement} */ (document.getElementById(button.getAttribute("aria-controls") ?? ""));
    button.addEventListener("click", () => this.#show(this.#field.type === "password"));
    this.#field.form?.addEventListener("submit", () => this.#show(false)); // or browsers would keep it as a text
    button.hidden = false;
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#field.type = shown ? "text" : "password";
    this.#button.setAttribute("aria-pressed", String(shown));
  }
}
