import { putJSON, sitePath } from "../lib/http.js";
import { make } from "../lib/make.js";
import { Popover } from "../lib/popover.js";
import { setText } from "../lib/dom.js";
import { VisitWords } from "./visit_words.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/messages.js").MessageKey} MessageKey */
/** @typedef {import("../lib/server_status.js").CameraSwitchState} CameraSwitchState */

const CAMERA_URL = sitePath("/api/camera");
const HOUR_MINUTES = 60;
const KNOWN = ["owner", "token", "command", "schedule", "mqtt"]; // by whom it is turned off

/** The camera's switch: what its button in the page's head opens, and what the picture's place says while it is off. */
export class CameraSwitch {
  #messages;
  #failed;
  #changed;
  #notice;
  #words;
  #films;
  /** @type {HTMLButtonElement | null} on the picture, by which it is turned on; a viewer has none */
  #back = null;
  /** @type {Popover | null} a viewer has none */
  #popover = null;

  /**
   * @param {HTMLElement | null} button the owner's; its `data-style` is the menu's style sheet
   * @param {HTMLElement} notice on the picture, as `Notice` has it; its `data-films`: another program films
   * @param {Messages} messages
   * @param {string} zone of the board
   * @param {(error: unknown) => void} failed says why something did not work
   * @param {() => Promise<void>} changed it was turned here
   */
  constructor(button, notice, messages, zone, failed, changed) {
    this.#messages = messages;
    this.#words = new VisitWords(messages, zone);
    this.#failed = failed;
    this.#changed = changed;
    this.#notice = notice;
    this.#films = "films" in notice.dataset;
    if (!button) return;
    this.#popover = new Popover(button, "camera-menu");
    const hour = this.#act("live.switch.hour", { on: false, minutes: HOUR_MINUTES });
    const off = this.#act("live.switch.off", { on: false });
    this.#popover.body.append(make("p", "", messages.text("live.switch.about")), hour, off);
    this.#back = this.#act("live.switch.on", { on: true });
    this.#back.id = "turn-on";
  }

  /** As the button was pressed. */
  toggle() {
    this.#popover?.show(!this.#popover.isShown);
  }

  /** It is off: say so on the picture. @param {CameraSwitchState} state */
  show(state) {
    this.#popover?.show(false);
    setText(this.#find(".notice-title"), this.#messages.text("state.camera.off"));
    setText(this.#find(".notice-hint"), this.#why(state));
    setText(this.#find(".notice-countdown"), this.#until(state));
    this.#notice.dataset.state = "off";
    if (this.#back && !this.#back.isConnected) this.#notice.append(this.#back);
  }

  /** It is on again. */
  hide() {
    this.#back?.remove();
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#notice.querySelector(selector));
  }

  /** @param {CameraSwitchState} state */
  #why({ since, by }) {
    const known = by !== null && KNOWN.includes(by);
    const key = /** @type {MessageKey} */ (known ? `live.off.${by}` : "live.off.unknown");
    const why = this.#messages.text(key, { time: this.#time(since) });
    return this.#films ? `${why} ${this.#messages.text("live.off.films")}` : why;
  }

  /** @param {CameraSwitchState} state */
  #until({ until }) {
    return until ? this.#messages.text("live.off.until", { time: this.#time(until) }) : "";
  }

  /** @param {string | null} text UTC */
  #time(text) {
    return text ? this.#words.when(Date.parse(text) / 1000, Date.now() / 1000) : "";
  }

  /**
   * @param {MessageKey} key
   * @param {{on: boolean, minutes?: number}} asked
   */
  #act(key, asked) {
    const button = make("button", "", this.#messages.text(key));
    button.addEventListener("click", () => this.#turn(button, asked));
    return button;
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {{on: boolean, minutes?: number}} asked
   */
  async #turn(button, asked) {
    button.disabled = true;
    try {
      await putJSON(CAMERA_URL, asked);
      this.#popover?.close();
    } catch (error) {
      this.#failed(error);
    } finally {
      await this.#changed();
      button.disabled = false;
    }
  }
}
