import { setText } from "../lib/dom.js";
import { ServerError } from "../lib/http.js";
import { WITHOUT_KEYFRAME } from "../lib/server_status.js";

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
   * @param {number} withoutKeyframe seconds for which the camera has sent none; 0 where nobody waits for one
   */
  show(state, detail, withoutKeyframe) {
    this.#root.dataset.state = state;
    const { title, hint } = this.#words(state, detail);
    const { error } = detail;
    const refused = error instanceof ServerError && (error.retryAfter !== undefined || error.status === 501);
    setText(this.#title, refused ? this.#messages.error(error) : title && this.#messages.text(title));
    setText(this.#hint, hint && this.#messages.text(hint));
    setText(this.#countdown, this.#count(detail, withoutKeyframe));
  }

  /**
   * @param {VideoDetail} detail
   * @param {number} withoutKeyframe
   */
  #count({ camera, seconds }, withoutKeyframe) {
    if (seconds) return this.#messages.text("live.hint.seconds", { n: seconds });
    if (camera !== WITHOUT_KEYFRAME || !withoutKeyframe) return "";
    return this.#messages.text("live.hint.without_keyframe", { n: withoutKeyframe });
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
        if (camera === WITHOUT_KEYFRAME) return { title: "live.video.no_keyframe", hint: "live.hint.no_keyframe" };
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
