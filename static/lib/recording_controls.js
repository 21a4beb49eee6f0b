import { CAMERA_OFF, fetchJSON, NO_KEYFRAME, NO_VIDEO, postJSON, ServerError, sitePath } from "./http.js";
import { WITHOUT_KEYFRAME } from "./server_status.js";

const URLS = {
  start: sitePath("/api/recording/start"),
  stop: sitePath("/api/recording/stop"),
  status: sitePath("/api/recording/status"),
};
const POLL_MS = 1000;
/** Within which a command about recordings is answered: petcam-web itself gives up after 15 s, as a disk may be slow. */
export const CONTROL_MS = 16000;

/** What the streamer would answer while the camera is in such a state. */
const OBSTACLES = /** @type {Record<string, string>} */ ({
  [WITHOUT_KEYFRAME]: NO_KEYFRAME,
  waiting: NO_VIDEO,
  silent: NO_VIDEO,
  error: NO_VIDEO,
  off: CAMERA_OFF,
});

/** @typedef {import("./server_status.js").ByItself} ByItself */
/** @typedef {"checking" | "on" | "off" | "unknown" | "missing"} RecordingState */
/**
 * @typedef {object} RecordingStatus
 * @property {boolean} recording
 * @property {string} filename
 * @property {number} frame_count
 * @property {number} bytes_written
 * @property {number} duration seconds
 * @property {string} [error] why the last recording ended by itself, or why none can begin
 * @property {string} [reason] the same, as one of the fixed reasons
 */

/**
 * The recording as the server knows it, and the two commands.
 *
 * Each second of a recording its status is asked for; a recording that another page began or ended is noticed
 * through `follow()`. Events: `change`; `saved` when a recording has ended; `trouble` with the error as its detail.
 */
export class RecordingControls extends EventTarget {
  /** @type {RecordingState} */
  #state = "checking";
  #busy = false;
  /** @type {RecordingStatus | null} of this recording or the last one */
  #status = null;
  #camera = "";
  /** @type {ByItself | null} */
  #itself = null;
  #timer = 0;
  #life = new AbortController(); // ends what was asked

  get state() {
    return this.#state;
  }

  /** A command is under way. */
  get busy() {
    return this.#busy;
  }

  get status() {
    return this.#status;
  }

  /** Why the last recording ended by itself, or why none can begin; null where there is no such reason. */
  get trouble() {
    const { error, reason } = this.#status ?? {};
    return this.#state === "off" && error ? new ServerError(200, "", error, undefined, reason) : null;
  }

  /** Why a recording could not begin now, which the camera's state tells before anybody tries; null: it could. */
  get obstacle() {
    const reason = this.#state === "off" ? OBSTACLES[this.#camera] : undefined;
    return reason ? new ServerError(200, "", this.#camera, undefined, reason) : null;
  }

  /** What is recorded without a press now; empty where nothing is. */
  get itself() {
    return this.#itself?.recording ? this.#itself.kind : "";
  }

  /** Why what is to be recorded without a press cannot be; null where it can, or nothing is. */
  get itselfTrouble() {
    const { error, reason } = this.#itself ?? {};
    return error ? new ServerError(200, "", error, undefined, reason) : null;
  }

  /** Ask no more, until follow() or a command begins anew. */
  close() {
    this.#life.abort();
    this.#life = new AbortController();
    clearTimeout(this.#timer);
    this.#state = "checking";
  }

  /**
   * What the health says: is something recorded, and if not, why the last recording ended or none can begin? Undefined
   * where the server does not answer, null where petcam-web serves the picture itself and the streamer, which records,
   * does not run.
   * @param {boolean | null | undefined} recording
   * @param {string} [reason]
   * @param {string} [camera] the camera's state
   * @param {ByItself | null} [itself] what is recorded without a press
   */
  follow(recording, reason, camera = "", itself = null) {
    if (camera !== this.#camera || differ(itself, this.#itself)) {
      this.#camera = camera;
      this.#itself = itself;
      this.dispatchEvent(new Event("change"));
    }
    if (this.#busy) return;
    if (recording === undefined) this.#set("unknown", this.#status);
    else if (recording === null) this.#set("missing", null);
    else if (this.#state !== (recording ? "on" : "off") || (reason !== undefined && reason !== (this.#status?.reason ?? ""))) this.refresh();
  }

  startRecording() {
    return this.#command(() => postJSON(URLS.start, {}, { timeout: CONTROL_MS }));
  }

  stopRecording() {
    return this.#command(() => postJSON(URLS.stop, {}, { timeout: CONTROL_MS }));
  }

  /** @param {() => Promise<any>} command */
  async #command(command) {
    this.#setBusy(true); // which takes the buttons away until the server has answered
    try {
      await command();
    } catch (error) {
      this.#handleError(error);
    }
    await this.refresh(); // whatever happened, the server knows
    this.#setBusy(false);
  }

  async refresh() {
    const { signal } = this.#life;
    try {
      const status = await fetchJSON(URLS.status, { timeout: 3000, signal });
      this.#set(status.recording ? "on" : "off", status);
    } catch {
      if (signal.aborted) return;
      this.#set("unknown", this.#status);
    }
    clearTimeout(this.#timer);
    if (this.#state === "on") this.#timer = setTimeout(() => this.refresh(), POLL_MS);
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#busy = busy;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {RecordingState} state
   * @param {RecordingStatus | null} status
   */
  #set(state, status) {
    const ended = this.#state === "on" && state === "off";
    this.#state = state;
    this.#status = status;
    this.dispatchEvent(new Event("change"));
    if (!ended) return;
    if (this.trouble) this.#handleError(this.trouble);
    this.dispatchEvent(new Event("saved"));
  }
}

/**
 * Whether something else is to be said of it.
 * @param {ByItself | null} a
 * @param {ByItself | null} b
 */
function differ(a, b) {
  return a?.recording !== b?.recording || a?.kind !== b?.kind || a?.error !== b?.error || a?.reason !== b?.reason;
}
