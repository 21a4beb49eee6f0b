import { putJSON, fetchJSON, sitePath } from "./http.js";
import { make } from "./make.js";
import { setText } from "./dom.js";
import { Popover } from "./popover.js";

/** @typedef {import("./messages.js").Messages} Messages */

const SOUND_URL = sitePath("/api/sound");

/** What an owner may do with the microphone: end sound for all, and let it come again. */
export class MicrophoneMenu {
  #messages;
  #failed;
  #changed;
  #popover;
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
    this.#messages = messages;
    this.#failed = failed;
    this.#changed = changed;
    this.#popover = new Popover(button, "microphone-menu");
    this.#act.id = "end-sound";
    this.#popover.body.append(this.#about, this.#kept, this.#act);
    this.#act.addEventListener("click", () => this.#turn());
  }

  /** As the button was pressed. */
  async toggle() {
    if (this.#popover.isShown) return this.#popover.show(false);
    this.#take(await fetchJSON(SOUND_URL));
    this.#popover.show(true);
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
      this.#take(await putJSON(SOUND_URL, { on: !this.#on }));
      this.#popover.close();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#act.disabled = false;
      this.#changed();
    }
  }
}
