import { DISK_NOT_MOUNTED, fetchJSON, ServerError, sitePath } from "./http.js";

const HEALTH_URL = sitePath("/api/go/health");
const POLL_MS = 2000;
const TIMEOUT_MS = 2500;
const SILENT_AFTER_MS = 1000; // as `silent_after_ms` says of all cameras but slow ones

/** @typedef {"checking" | "connected" | "disconnected"} ServerState */
/** The camera's state while its pictures come, but none that a newcomer could begin at. */
export const WITHOUT_KEYFRAME = "no keyframe";

/** @typedef {"waiting" | "live" | "silent" | "error" | "no keyframe" | "off"} CameraState */
/** @typedef {{on: boolean, since: string | null, by: string | null, until: string | null}} CameraSwitchState */
/**
 * @typedef {object} Camera
 * @property {CameraState} state
 * @property {string} message
 * @property {number} [width] of the picture, in such pixels; 0 before the first
 * @property {number} [height]
 * @property {[number, number]} [aspect] of a pixel: width, height
 * @property {number} [silent_after_ms] without a picture, as this camera sends them
 */
/**
 * @typedef {object} ByItself what is recorded without a press
 * @property {boolean} recording
 * @property {"visit" | "always"} kind
 * @property {string} error why it cannot be; empty: it can
 * @property {string} reason the same, as one of the fixed reasons
 */
/**
 * @typedef {object} Health
 * @property {Camera} camera
 * @property {number} webrtc_clients
 * @property {number} mjpeg_clients
 * @property {boolean | null} recording null where the streamer, which records, does not run
 * @property {string} [recording_reason] why the last recording ended by itself, or why none can begin
 * @property {ByItself | null} [by_itself] null where nothing is to be
 * @property {import("./microphone.js").SoundHealth} [sound]
 * @property {CameraSwitchState} [camera_switch]
 */

/**
 * Asks for the streamer's health every two seconds while the page is seen.
 *
 * Connected is only what answered well: any error, and any answer that is not a health, is `disconnected`.
 * Events: `change` after every answer; `loginrequired` when the session has ended.
 */
export class ServerStatusMonitor extends EventTarget {
  /** @type {ServerState} */
  #state = "checking";
  /** @type {Health | null} */
  #health = null;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {Promise<void> | null} the question that is under way */
  #asking = null;
  #timer = 0;

  get state() {
    return this.#state;
  }

  /** The last good answer; null while disconnected. */
  get health() {
    return this.#health;
  }

  /** For which the camera has sent no keyframe; 0 where nobody waits for one. */
  get secondsWithoutKeyframe() {
    const { state, message } = this.#health?.camera ?? {};
    return state === WITHOUT_KEYFRAME ? Number(/\d+/.exec(message ?? "")?.[0] ?? 0) : 0;
  }

  /** By how many milliseconds later than other cameras' this camera's pictures are missed, as it sends that few. */
  get slowness() {
    return Math.max(0, (this.#health?.camera.silent_after_ms ?? 0) - SILENT_AFTER_MS);
  }

  /** The disk of the recordings is not there. */
  get diskMissing() {
    return this.#health?.recording_reason === DISK_NOT_MOUNTED;
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    document.addEventListener("visibilitychange", () => this.#followVisibility(), { signal: this.#life.signal });
    this.#followVisibility();
  }

  /** Undo start(). */
  close() {
    clearTimeout(this.#timer);
    this.#life?.abort();
    this.#life = null;
  }

  /** Ask now, or wait for the question that is under way. */
  async check() {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    await this.#asking;
  }

  /** The camera's state as it is now; empty where the server does not answer. */
  async camera() {
    await this.check();
    return this.#health?.camera.state ?? "";
  }

  #followVisibility() {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#poll();
  }

  async #poll() {
    const { signal } = /** @type {AbortController} */ (this.#life);
    const begun = performance.now();
    await this.check();
    clearTimeout(this.#timer);
    const pause = Math.max(0, POLL_MS - (performance.now() - begun));
    if (!signal.aborted && !document.hidden) this.#timer = setTimeout(() => this.#poll(), pause);
  }

  async #ask() {
    try {
      const health = await fetchJSON(HEALTH_URL, { timeout: TIMEOUT_MS, signal: this.#life?.signal });
      if (health.status !== "ok") throw new TypeError("not a health");
      this.#set("connected", health);
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** @param {unknown} error */
  #handleError(error) {
    if (!this.#life) return;
    this.#set("disconnected", null);
    if (error instanceof ServerError && error.status === 401) this.dispatchEvent(new Event("loginrequired"));
  }

  /**
   * @param {ServerState} state
   * @param {Health | null} health
   */
  #set(state, health) {
    this.#state = state;
    this.#health = health;
    this.dispatchEvent(new Event("change"));
  }
}
