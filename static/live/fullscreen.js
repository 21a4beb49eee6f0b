/** @typedef {import("../lib/messages.js").Messages} Messages */

/**
 * The button that gives the whole screen to the picture, its boxes and its controls.
 *
 * An iPhone lets only a bare video fill the screen, without the boxes; there the picture fills the page instead.
 */
export class FullscreenButton {
  #button;
  #root;
  #messages;
  #on = false;

  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} root
   * @param {Messages} messages
   */
  constructor(button, root, messages) {
    this.#button = button;
    this.#root = root;
    this.#messages = messages;
    button.addEventListener("click", () => this.#toggle());
    document.addEventListener("fullscreenchange", () => this.#fill(document.fullscreenElement === root));
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#fill(false));
    this.#fill(false);
    button.disabled = false; // before, a press would be lost
  }

  async #toggle() {
    const on = !this.#on;
    try {
      if (on) await this.#root.requestFullscreen();
      else if (document.fullscreenElement) await document.exitFullscreen();
    } catch {
      // The browser has no such call, or does not allow it here: filling the page is what is left.
    }
    this.#fill(on);
  }

  /** @param {boolean} on */
  #fill(on) {
    this.#on = on;
    const label = this.#messages.text(on ? "live.fullscreen.off" : "live.fullscreen.on");
    this.#root.classList.toggle("filling", on);
    document.documentElement.classList.toggle("filled", on);
    this.#button.setAttribute("aria-pressed", String(on));
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
  }
}
