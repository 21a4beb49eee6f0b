import { postJSON, sitePath } from "../lib/http.js";
import { CONTROL_MS } from "../lib/recording_controls.js";
import { Rewind } from "./rewind.js";
import { loadStyle } from "./style_sheet.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/bbox_overlay.js").BBoxOverlay} BBoxOverlay */
/** @typedef {import("../lib/frames.js").PictureSource} PictureSource */

/**
 * What the page gives.
 * @typedef {object} PastPage
 * @property {HTMLElement} camera
 * @property {HTMLButtonElement} button that looks back; its `data-style` is the style sheet of what it opens
 * @property {HTMLElement} canvas of the boxes
 * @property {BBoxOverlay} overlay
 * @property {() => PictureSource} live the picture of now
 * @property {Messages} messages
 * @property {(...said: (string | Node)[]) => void} toast
 * @property {() => void} kept is called once there is a recording more
 */

const URL_OF_PAST = sitePath("/api/recording/past");
const SECONDS = 60;

/** What the buttons do that are about the past; loaded when one of them is first pressed. */
export class PastButtons {
  #page;
  #rewind;
  #style;
  #keeping = false;

  /** @param {PastPage} page */
  constructor(page) {
    this.#page = page;
    this.#rewind = new Rewind(page);
    this.#rewind.addEventListener("trouble", (event) => this.#handleError(/** @type {CustomEvent} */ (event).detail));
    this.#style = loadStyle(page.button.dataset.style);
  }

  /** A picture of a while ago is in the place of the live one. */
  get isOpen() {
    return this.#rewind.isOpen;
  }

  close() {
    this.#rewind.close();
  }

  async lookBack() {
    await this.#style;
    this.#rewind.back();
  }

  /** Keep the last minute as a recording, and say so with a link to it. */
  async keep() {
    if (this.#keeping) return;
    this.#keeping = true;
    const { messages, toast, kept } = this.#page;
    try {
      const { filename, seconds, again } = await postJSON(URL_OF_PAST, { seconds: SECONDS }, { timeout: CONTROL_MS });
      const said = again ? messages.text("live.past.again") : messages.text("live.past.kept", { n: Math.round(seconds) });
      toast(`${said} `, linkTo(filename, messages.text("live.past.play")));
      kept();
    } catch (error) {
      this.#handleError(error);
    } finally {
      this.#keeping = false;
    }
  }

  /** @param {any} error */
  #handleError(error) {
    const { messages, toast } = this.#page;
    toast(error?.name === "NotSupportedError" ? messages.text("live.rewind.impossible") : messages.error(error));
  }
}

/**
 * @param {string} name of a recording
 * @param {string} text
 */
function linkTo(name, text) {
  const link = document.createElement("a");
  link.href = sitePath(`/api/recordings/${encodeURIComponent(name)}`);
  link.textContent = text;
  return link;
}
