import { setText } from "./dom.js";

/** @typedef {import("./messages.js").Messages} Messages */
/** @typedef {{configured: boolean, on: boolean, heard: boolean}} SoundHealth of /api/go/health */
/** @typedef {import("./microphone_menu.js").MicrophoneMenu} MicrophoneMenu */

/**
 * What the page's head says of the microphone, in what the template has made for it. Where that is a button it is an owner's:
 * it opens what ends sound for all, which comes with the first press.
 */
export class Microphone {
  #shown;
  #messages;
  #failed;
  /** @type {Promise<MicrophoneMenu> | null} */
  #menu = null;
  #changed;

  /**
   * @param {HTMLElement | null} shown null: the camera has none
   * @param {Messages} messages
   * @param {(error: unknown) => void} failed says why something did not work
   * @param {() => void} changed it was turned here
   */
  constructor(shown, messages, failed, changed) {
    this.#shown = shown;
    this.#messages = messages;
    this.#failed = failed;
    this.#changed = changed;
    if (shown?.matches("button")) shown.addEventListener("click", () => this.#press(shown));
  }

  /**
   * @param {SoundHealth} [sound]
   * @param {{on: boolean}} [camera] its switch: without a camera there is no sound to turn
   */
  follow(sound, camera) {
    if (!this.#shown || !sound) return;
    this.#shown.toggleAttribute("disabled", camera?.on === false);
    const state = sound.on ? "on" : "off";
    this.#shown.dataset.state = state;
    setText(this.#shown, this.#messages.text(`state.microphone.${state}`));
    this.#menu?.then((menu) => menu.follow(sound.on), () => {});
  }

  /** @param {HTMLElement} button */
  async #press(button) {
    this.#menu ??= import("./microphone_menu.js").then(
      ({ MicrophoneMenu }) => new MicrophoneMenu(button, this.#messages, this.#failed, () => this.#changed()),
    );
    try {
      await (await this.#menu).toggle();
    } catch (error) {
      this.#menu = null;
      this.#failed(error);
    }
  }
}
