import { fetchJSON, sitePath } from "./http.js";
import { make } from "./make.js";
import { setText } from "./dom.js";

/** @typedef {import("./messages.js").Messages} Messages */

const SOUND_URL = sitePath("/api/sound");

/** What an owner may do with the microphone: end sound for all, and let it come again. */
export class MicrophoneMenu {
  #button;
  #messages;
  #failed;
  #changed;
  #menu = make("div", "microphone-menu");
  #about = make("p");
  #kept = make("p");
  #act = make("button");
  #on = true;
  #recorded = false;

  /**
   * @param {HTMLElement} button behind which the menu is put; its `data-style` is the menu's style sheet
   * @param {Messages} messages
   * @param {(error: unknown) => void} failed
   * @param {() => void} changed
   */
  constructor(button, messages, failed, changed) {
    this.#button = button;
    this.#messages = messages;
    this.#failed = failed;
    this.#changed = changed;
    this.#menu.hidden = true;
    this.#menu.id = "microphone-menu";
    this.#act.id = "end-sound";
    this.#menu.append(this.#about, this.#kept, this.#act);
    button.after(this.#menu);
    button.setAttribute("aria-controls", this.#menu.id);
    this.#act.addEventListener("click", () => this.#turn());
    document.addEventListener("pointerdown", (event) => this.#onPress(/** @type {Node} */ (event.target)));
    document.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: button.dataset.style }));
  }

  /** As the button was pressed. */
  async toggle() {
    if (!this.#menu.hidden) return this.#show(false);
    this.#take(await fetchJSON(SOUND_URL));
    this.#show(true);
  }

  /** @param {boolean} on what the server says meanwhile */
  follow(on) {
    this.#on = on;
    const messages = this.#messages;
    setText(this.#about, messages.text(on ? "state.microphone.about.on" : "state.microphone.about.off"));
    setText(this.#kept, on && this.#recorded ? messages.text("state.microphone.recorded") : "");
    setText(this.#act, messages.text(on ? "state.microphone.end" : "state.microphone.allow"));
  }

  /** @param {{on: boolean, recorded: boolean}} answer */
  #take({ on, recorded }) {
    this.#recorded = recorded;
    this.follow(on);
  }

  async #turn() {
    this.#act.disabled = true;
    try {
      const headers = { "Content-Type": "application/json" };
      this.#take(await fetchJSON(SOUND_URL, { method: "PUT", headers, body: JSON.stringify({ on: !this.#on }) }));
      this.#show(false);
      this.#button.focus({ preventScroll: true });
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#act.disabled = false;
      this.#changed();
    }
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#menu.hidden = !shown;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  /** @param {Node} target */
  #onPress(target) {
    if (!this.#menu.contains(target) && !this.#button.contains(target)) this.#show(false);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || this.#menu.hidden) return;
    event.stopPropagation();
    this.#show(false);
    this.#button.focus();
  }
}
