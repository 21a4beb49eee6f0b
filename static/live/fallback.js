import { WITHOUT_KEYFRAME } from "../lib/server_status.js";
import { receivesH264 } from "./call.js";

/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("./mjpeg_view.js").MjpegView} MjpegView */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */
/** @typedef {import("./webrtc_client.js").VideoState} VideoState */
/** @typedef {import("./webrtc_client.js").VideoDetail} VideoDetail */

/** @typedef {"webrtc" | "mjpeg"} Way */
/** @typedef {"" | "chosen" | "unsupported" | "no_h264" | "trying" | "keyframe"} Reason why it is MJPEG */

const FIRST_PICTURE_MS = 5000; // by WebRTC; later than that, MJPEG begins
const LOOK_AGAIN_MS = 60_000; // whether the browser has H.264 by now: Firefox fetches it after its first start

/**
 * Decides which picture is shown: that of WebRTC, or MJPEG while WebRTC gives none, or what the viewer chose.
 *
 * Behind MJPEG WebRTC goes on trying, and is shown again from its first picture on. Neither is left before the other
 * has a picture, or WebRTC alone was chosen.
 *
 * Events: `statechange` when `way`, `state`, `detail` or `reason` may have changed.
 */
export class Fallback extends EventTarget {
  #client;
  #view;
  #choices;
  #cameraNow;
  #hasMjpeg;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {Way} */
  #way = "webrtc";
  #lateTimer = 0;
  #late = false;

  /**
   * @param {WebRTCVideoClient} client
   * @param {MjpegView} view
   * @param {Choices} choices of which `picture` is heeded
   * @param {() => string} cameraNow the camera's state as it was last heard; empty where the server does not answer
   * @param {boolean} hasMjpeg whether the server has MJPEG; where not, only a browser without WebRTC asks, and is told so
   */
  constructor(client, view, choices, cameraNow, hasMjpeg) {
    super();
    this.#client = client;
    this.#view = view;
    this.#choices = choices;
    this.#cameraNow = cameraNow;
    this.#hasMjpeg = hasMjpeg;
  }

  get way() {
    return this.#way;
  }

  /** @returns {VideoState} as a person sees it */
  get state() {
    if (this.#way === "mjpeg") return "live";
    if (this.#client.state !== "closed") return this.#client.state;
    if (this.#view.state !== "lost") return this.#view.state;
    return this.#cameraIsMissing() ? "waiting" : "reconnecting";
  }

  /** @returns {VideoDetail} */
  get detail() {
    if (this.#way === "mjpeg") return {};
    if (this.#client.state !== "closed" || this.#view.state !== "lost") return this.#client.detail;
    return this.#cameraIsMissing() ? { camera: this.#cameraNow() } : { error: this.#view.error };
  }

  /** @returns {Reason} */
  get reason() {
    if (this.#way === "webrtc") return "";
    if (this.#choices.get("picture") === "mjpeg") return "chosen";
    if (!("RTCPeerConnection" in window)) return "unsupported";
    if (!canWebRTC()) return "no_h264";
    return this.#waitsForKeyframe() ? "keyframe" : "trying";
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    for (const source of [this.#client, this.#view]) {
      source.addEventListener("statechange", () => this.#follow(), { signal });
    }
    this.#choices.addEventListener("change", () => this.#follow(), { signal });
    if (canWebRTC()) this.#client.start(); // where MJPEG is chosen too: the page's first call is under way
    const looker = setInterval(() => this.#follow(), LOOK_AGAIN_MS);
    signal.addEventListener("abort", () => clearInterval(looker));
    this.#follow();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.#watchTheClock(false);
    this.#view.close();
    this.#client.close();
    this.#way = "webrtc";
  }

  // Whatever is started or closed here calls this again by its own event; so all is read anew at each step.
  #follow() {
    this.#watchTheClock(this.#client.state === "connecting");
    if (this.#wanted === "mjpeg") this.#runMjpegOnly();
    else this.#runWebRTC();
    const better = this.#wanted !== "mjpeg" && this.#client.state === "live";
    this.#way = this.#view.state === "live" && !better ? "mjpeg" : "webrtc";
    this.dispatchEvent(new Event("statechange"));
  }

  get #wanted() {
    if (!canWebRTC()) return "mjpeg";
    return this.#hasMjpeg ? this.#choices.get("picture") : "webrtc";
  }

  #runMjpegOnly() {
    this.#view.start();
    if (this.#view.state === "live" && this.#client.state !== "closed") this.#client.close();
  }

  #runWebRTC() {
    this.#client.start();
    const { state } = this.#client;
    const trouble = this.#late || state === "reconnecting" || state === "unreachable" || this.#waitsForKeyframe();
    const settled = state === "live" || state === "waiting"; // while it waits, there is no picture of the camera at all
    if (trouble && this.#wanted === "auto") this.#view.start();
    else if (trouble || settled) this.#view.close();
  }

  /** @param {boolean} connecting */
  #watchTheClock(connecting) {
    if (!connecting) {
      clearTimeout(this.#lateTimer);
      this.#lateTimer = 0;
      this.#late = false;
    } else if (!this.#lateTimer) {
      this.#lateTimer = setTimeout(() => ((this.#late = true), this.#follow()), FIRST_PICTURE_MS);
    }
  }

  /** Pictures come that WebRTC cannot begin at; petcam-web may have begun before. */
  #waitsForKeyframe() {
    return this.#client.state === "waiting" && this.#client.detail.camera === WITHOUT_KEYFRAME;
  }

  /** What the server says of the camera, where MJPEG brings nothing. */
  #cameraIsMissing() {
    return !["live", ""].includes(this.#cameraNow());
  }
}

/** Some strict browsers do without, and some have no H.264 for it. */
function canWebRTC() {
  return "RTCPeerConnection" in window && receivesH264();
}
