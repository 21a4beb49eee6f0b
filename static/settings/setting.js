import { make } from "../lib/make.js";
import { ServerError } from "../lib/http.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {EventTarget & {settings: any, save: (patch: any) => Promise<any>}} Store of settings, or of places */
/** @typedef {import("./store.js").Settings} Settings */
/** @typedef {import("./store.js").Patch | import("./places_store.js").Document} Patch */

/** One setting: its controls, and the line below them that says what became of the last change. */
export class Setting {
  #said;

  /**
   * @param {HTMLElement} root
   * @param {Store} store
   * @param {Messages} messages
   */
  constructor(root, store, messages) {
    this.root = root;
    this.store = store;
    this.messages = messages;
    this.#said = /** @type {HTMLElement} */ (root.querySelector(".said"));
    store.addEventListener("change", () => this.show(store.settings));
  }

  /** @param {Settings} _settings what the controls are to show */
  show(_settings) {}

  /** @param {Patch} patch */
  async save(patch) {
    try {
      const back = await this.store.save(patch);
      this.#sayDone("settings.saved", back);
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {unknown} error */
  failed(error) {
    if (error instanceof ServerError && error.status === 401) location.reload();
    else this.problem(this.messages.error(error));
  }

  /** @param {string} text */
  problem(text) {
    this.#said.classList.add("problem");
    this.#said.replaceChildren(text);
  }

  /** @param {string} text */
  say(text) {
    this.#said.classList.remove("problem");
    this.#said.replaceChildren(text);
  }

  /** @param {Patch} back */
  async #undo(back) {
    try {
      await this.store.save(back);
      this.say(this.messages.text("settings.undone"));
      this.focus();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Where the keyboard goes on once the button that it was on is gone. */
  focus() {
    /** @type {HTMLElement | null} */ (this.root.querySelector("input, select, button:enabled"))?.focus();
  }

  /**
   * @param {"settings.saved"} key
   * @param {Patch} back
   */
  #sayDone(key, back) {
    const button = make("button", "undo", this.messages.text("settings.undo"));
    button.addEventListener("click", () => this.#undo(back), { once: true });
    this.say(this.messages.text(key));
    this.#said.append(" · ", button);
  }
}
