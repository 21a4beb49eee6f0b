import { setText } from "../lib/dom.js";
import { ServerError } from "../lib/http.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/messages.js").MessageKey} MessageKey */
/** @typedef {import("./webrtc_client.js").VideoState} VideoState */
/** @typedef {import("./webrtc_client.js").VideoDetail} VideoDetail */

/**
 * Says on the picture why there is none, and what happens next.
 *
 * The title and the hint are read out when they change; the seconds to the next try are not.
 */
export class Notice {
  #root;
  #messages;
  #title;
  #hint;
  #countdown;

  /**
   * @param {HTMLElement} root with `.notice-title`, `.notice-hint`, `.notice-countdown`; its `data-state` is for CSS
   * @param {Messages} messages
   */
  constructor(root, messages) {
    this.#root = root;
    this.#messages = messages;
    this.#title = part(root, ".notice-title");
    this.#hint = part(root, ".notice-hint");
    this.#countdown = part(root, ".notice-countdown");
  }

  /**
   * @param {VideoState} state
   * @param {VideoDetail} detail
   */
  show(state, detail) {
    this.#root.dataset.state = state;
    const { title, hint } = this.#words(state, detail);
    const { error } = detail;
    const refused = error instanceof ServerError && (error.retryAfter !== undefined || error.status === 501);
    setText(this.#title, refused ? this.#messages.error(error) : title && this.#messages.text(title));
    setText(this.#hint, hint && this.#messages.text(hint));
    const waits = detail.seconds !== undefined && detail.seconds > 0;
    setText(this.#countdown, waits ? this.#messages.text("live.hint.seconds", { n: detail.seconds ?? 0 }) : "");
  }

  /**
   * @param {VideoState} state
   * @param {VideoDetail} detail
   * @returns {{title: MessageKey | "", hint: MessageKey | ""}}
   */
  #words(state, { camera }) {
    switch (state) {
      case "waiting":
        if (camera === "error") return { title: "live.video.error", hint: "live.hint.error" };
        return { title: camera === "silent" ? "live.video.silent" : "live.video.waiting", hint: "live.hint.waiting" };
      case "reconnecting":
        return { title: "live.video.reconnecting", hint: "live.hint.reconnecting" };
      case "unreachable":
        return { title: "live.video.unreachable", hint: "live.hint.unreachable" };
      case "connecting":
        return { title: "live.video.connecting", hint: "" };
      case "blocked":
        return { title: "", hint: "" }; // the play button says it
      default:
        return { title: "", hint: "" };
    }
  }
}

/**
 * @param {HTMLElement} root
 * @param {string} selector
 */
function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
