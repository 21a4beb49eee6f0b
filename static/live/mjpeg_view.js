import { failureOf, NO_KEYFRAME, ServerError, sitePath } from "../lib/http.js";
import { WITHOUT_KEYFRAME } from "../lib/server_status.js";
import { NewestFrame } from "../lib/frames.js";
import { PartReader } from "./multipart.js";

/** @typedef {import("../lib/frames.js").PictureSource} PictureSource */
/** @typedef {import("../lib/frames.js").PresentedFrame} PresentedFrame */
/** @typedef {import("./multipart.js").Part} Part */

const STREAM_URL = sitePath("/stream.mjpg");
const BYTES = { Accept: "application/octet-stream" }; // WebKit gives a script nothing of a multipart answer
const WIDTHS = [320, 480, 640, 960, 1280, 1920]; // few, as the server makes each width that is asked for
const QUIET_MS = 3000; // without a picture, after which another stream is asked for
const ASK_MS = 1000; // before that, at which the camera's state is asked for
const FIRST_MS = 5000; // the same for the first picture of a stream
const PAUSES_MS = [500, 1000, 2000, 5000];
const LOOK_AGAIN_MS = 1000; // whether the camera's state has changed

/** @typedef {"closed" | "connecting" | "live" | "lost"} ViewState */

/**
 * The server's stream of JPEG pictures on a canvas: for where WebRTC gives none. It is a `PictureSource`.
 *
 * Only the newest picture is decoded, whatever came meanwhile. While the page is hidden there is no stream.
 * Events: `statechange`.
 *
 * @implements {PictureSource}
 */
export class MjpegView extends EventTarget {
  #canvas;
  #cameraNow;
  #slowness;
  #askCamera;
  #newest = new NewestFrame(); // of all streams
  /** @type {ViewState} */
  #state = "closed";
  /** @type {unknown} why it is `lost` */
  #error = null;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {AbortController | null} ends this stream */
  #attempt = null;
  /** @type {{part: Part, signal: AbortSignal} | null} the newest picture, to be drawn next */
  #next = null;
  #drawing = false;
  #askedWidth = 0;
  #failures = 0;
  #retryTimer = 0;
  #quietTimer = 0;
  #size = { width: 0, height: 0 };
  #received = 0;
  /** @type {Set<(frame: PresentedFrame) => void>} */
  #callbacks = new Set();

  /**
   * @param {HTMLCanvasElement} canvas as large as the picture is to be on the page
   * @param {() => string} [cameraNow] the camera's state as it was last heard; empty where the server does not answer
   * @param {() => number} [slowness] in ms, as `ServerStatusMonitor` has it
   * @param {() => Promise<unknown>} [askCamera] settled once `cameraNow` has been asked for anew
   */
  constructor(canvas, cameraNow = () => "", slowness = () => 0, askCamera = async () => {}) {
    super();
    this.#askCamera = askCamera;
    this.#slowness = slowness;
    this.#canvas = canvas;
    this.#cameraNow = cameraNow;
  }

  get state() {
    return this.#state;
  }

  get error() {
    return this.#error;
  }

  get canvas() {
    return this.#canvas;
  }

  /** Bytes, of all streams so far. */
  get received() {
    return this.#received;
  }

  get width() {
    return this.#size.width;
  }

  get height() {
    return this.#size.height;
  }

  /** @param {(frame: PresentedFrame) => void} callback */
  eachFrame(callback) {
    this.#callbacks.add(callback);
    return () => void this.#callbacks.delete(callback);
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    document.addEventListener("visibilitychange", () => this.#followVisibility(), { signal: this.#life.signal });
    this.#setState("connecting");
    this.#followVisibility();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.#hangUp();
    this.#failures = 0;
    this.#size = { width: 0, height: 0 };
    this.#setState("closed");
  }

  #followVisibility() {
    if (document.hidden) this.#hangUp();
    else this.#open();
  }

  #hangUp() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#quietTimer);
    this.#attempt?.abort();
    this.#attempt = null;
    this.#next = null;
  }

  async #open() {
    this.#hangUp();
    const { signal } = (this.#attempt = new AbortController());
    this.#expect(FIRST_MS);
    try {
      await this.#read(signal);
    } catch (error) {
      if (!signal.aborted) this.#handleError(error);
    }
  }

  /** @param {AbortSignal} signal */
  async #read(signal) {
    this.#askedWidth = this.#fittingWidth();
    const query = this.#askedWidth ? `?width=${this.#askedWidth}` : "";
    const response = await fetch(STREAM_URL + query, { signal, headers: BYTES, cache: "no-store" });
    if (!response.ok || !response.body) throw await failureOf(response);
    const stream = response.body.getReader();
    const parts = new PartReader();
    let maybeOld = this.#cameraIsQuiet(); // the server sends a new stream the last picture that it has
    for (let { done, value } = await stream.read(); !done; { done, value } = await stream.read()) {
      this.#received += value?.length ?? 0;
      const part = parts.push(/** @type {Uint8Array} */ (value));
      if (!part || !this.#newest.isNewer(timestampOf(part))) continue;
      if (!maybeOld) this.#onPart(part, signal);
      maybeOld = false;
    }
    throw new Error("the stream has ended");
  }

  /**
   * @param {Part} part
   * @param {AbortSignal} signal of its stream
   */
  #onPart(part, signal) {
    this.#expect(QUIET_MS);
    this.#next = { part, signal };
    if (!this.#drawing) this.#drawNewest();
  }

  async #drawNewest() {
    this.#drawing = true;
    while (this.#next) {
      const { part, signal } = this.#next;
      this.#next = null;
      const blob = new Blob([part.body], { type: "image/jpeg" });
      const bitmap = await createImageBitmap(blob).catch(() => null); // a broken one: the next may be good
      if (bitmap && !signal.aborted) this.#present(bitmap, part);
      bitmap?.close();
    }
    this.#drawing = false;
  }

  /**
   * @param {ImageBitmap} bitmap
   * @param {Part} part
   */
  #present(bitmap, part) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    this.#canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    this.#size = { width, height };
    this.#failures = 0;
    this.#setState("live");
    const rtpTimestamp = timestampOf(part);
    for (const callback of this.#callbacks) callback(rtpTimestamp === undefined ? {} : { rtpTimestamp });
    if (this.#fittingWidth() !== this.#askedWidth) this.#open(); // the screen was turned, or filled
  }

  /** The narrowest of `WIDTHS` that has a pixel for each of the screen's; 0, the camera's own, where none has. */
  #fittingWidth() {
    const wanted = this.#canvas.getBoundingClientRect().width * (window.devicePixelRatio || 1); // of a zoomed one, too
    return WIDTHS.find((width) => width >= wanted) ?? 0;
  }

  /** @param {number} milliseconds to the next picture, of a camera that is not slow */
  #expect(milliseconds) {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#onQuiet(), milliseconds + this.#slowness() - ASK_MS);
  }

  /** It is said at once, and once, whether the camera is to blame: so its state is known before the picture is lost. */
  async #onQuiet() {
    const attempt = this.#attempt;
    const asked = this.#askCamera();
    const timer = await new Promise((over) => {
      const mine = setTimeout(() => over(mine), ASK_MS);
      this.#quietTimer = mine;
    });
    await asked;
    if (attempt === this.#attempt && timer === this.#quietTimer) this.#handleError(new Error("no picture"));
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.#hangUp();
    const asked = /** @type {{retryAfter?: number}} */ (error).retryAfter ?? 0;
    const pause = Math.max(PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)], asked * 1000);
    this.#failures += 1;
    this.#error = error;
    this.#retryIn(pause);
    this.#setState("lost");
  }

  /** @param {number} milliseconds */
  #retryIn(milliseconds) {
    this.#retryTimer = setTimeout(() => (this.#isInVain() ? this.#retryIn(LOOK_AGAIN_MS) : this.#open()), milliseconds);
  }

  /** Whether the server says that no pictures come. */
  #cameraIsQuiet() {
    return !["live", WITHOUT_KEYFRAME, ""].includes(this.#cameraNow());
  }

  /** Whether no stream can begin before the camera's state is another. */
  #isInVain() {
    const error = this.#error;
    return error instanceof ServerError && error.phrase === NO_KEYFRAME && this.#cameraNow() === WITHOUT_KEYFRAME;
  }

  /** @param {ViewState} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

/** @param {Part} part */
function timestampOf({ headers }) {
  const timestamp = headers.get("x-rtp-timestamp");
  return timestamp ? Number(timestamp) : undefined;
}
