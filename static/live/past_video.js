import { failureOf, sitePath } from "../lib/http.js";
import { rtpAge } from "../lib/detection_ring.js";
import { eachFrame, setAspect, stretchOf } from "../lib/frames.js";

/** @typedef {import("../lib/frames.js").PictureSource} PictureSource */
/** @typedef {import("../lib/frames.js").PresentedFrame} PresentedFrame */

const URL_OF_PAST = sitePath("/api/past.mp4");
const TICKS = 90_000; // a second, of RTP timestamps and of the MP4
const START = 3600; // the media's time of the first picture that came, in seconds: earlier ones need a time above 0 too
const AHEAD = 30; // seconds that are loaded beyond the picture that is shown, at most
const BEHIND = 120; // seconds that are kept of what was shown
/** iPhones have the one with the longer name only, since iOS 17.1; before that, none. @type {typeof MediaSource | undefined} */
const Source = /** @type {any} */ (window).ManagedMediaSource ?? window.MediaSource;

/**
 * The camera's video of the last minute or so, as the server still has it, in a video element. Any moment of it can be
 * shown; from there it plays on, always as much later than the camera. It is a `PictureSource`.
 *
 * It is loaded piece by piece into the browser's media buffer, where it stays, so that a moment that is there is shown at
 * once. A browser without such buffers loads the piece from the moment up to now as a whole.
 *
 * Events: `loaded` when a request is answered (`held`, `type`); `end` when there is nothing more to play; `trouble` with the
 * error as its detail.
 *
 * @implements {PictureSource}
 */
export class PastVideo extends EventTarget {
  #video;
  #live;
  /** One stream for each page: another request ends the one before. */
  #viewer = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("");
  /** @type {AbortController | null} of the request that is under way */
  #request = null;
  /** @type {MediaSource | null} */
  #media = null;
  /** @type {SourceBuffer | null} null until it is open, and where the browser has none */
  #buffer = null;
  #first = 0; // RTP timestamp of the first picture that came, whose time is #start
  #start = START;
  #zero = 0; // when the camera took what has the time 0, in seconds of the page's clock
  /** @type {number | null} the time that is to be shown once it is loaded */
  #wanted = null;
  #held = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => PictureSource} live the picture of now, whose shape this one has
   */
  constructor(video, live) {
    super();
    this.#video = video;
    this.#live = live;
    video.addEventListener("loadedmetadata", () => this.#shape());
    video.addEventListener("ended", () => this.dispatchEvent(new Event("end")));
    video.addEventListener("error", () => this.#request && this.#fail(new DOMException("", "NotSupportedError")));
  }

  /** How many seconds can be gone back; 0 before the first answer. */
  get held() {
    return this.#held;
  }

  /** How many seconds ago the picture was taken that is shown, or is about to be. */
  get age() {
    return now() - this.#zero - (this.#wanted ?? this.#video.currentTime);
  }

  get width() {
    return Math.round(this.#video.videoWidth * stretchOf(this.#video));
  }

  get height() {
    return this.#video.videoHeight;
  }

  /**
   * Show what the camera took so many seconds ago, and play on.
   * @param {number} ago
   */
  show(ago) {
    const time = now() - this.#zero - ago;
    if (Source && this.#held && this.#isLoaded(time)) {
      this.#wanted = null;
      this.#video.currentTime = time;
    } else {
      this.#load(ago);
    }
  }

  /** Forget everything; show() begins anew. */
  close() {
    this.#request?.abort();
    this.#request = this.#media = this.#buffer = this.#wanted = null;
    this.#held = 0;
    if (this.#video.src) URL.revokeObjectURL(this.#video.src);
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** @param {(frame: PresentedFrame | null) => void} callback */
  eachFrame(callback) {
    return eachFrame(this.#video, (metadata) => {
      const time = (metadata?.mediaTime ?? this.#video.currentTime) - this.#start;
      callback({ rtpTimestamp: (this.#first + Math.round(time * TICKS)) >>> 0, past: true });
    });
  }

  /** @param {number} ago */
  async #load(ago) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const end = Source ? "" : `&for=${ago.toFixed(1)}`;
    try {
      const response = await fetch(`${URL_OF_PAST}?from=${ago.toFixed(1)}&viewer=${this.#viewer}${end}`, { signal: request.signal });
      if (!response.ok) throw await failureOf(response);
      if (request.signal.aborted) return;
      const begins = this.#place(response.headers);
      this.#wanted = Math.max(now() - this.#zero - ago, begins);
      this.dispatchEvent(new Event("loaded"));
      if (Source) await this.#feed(response, begins, request.signal);
      else await this.#playWhole(response);
    } catch (error) {
      if (!request.signal.aborted) this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }

  /**
   * Take note of when the piece that comes was taken.
   * @param {Headers} headers
   * @returns {number} the time of its first picture
   */
  #place(headers) {
    const first = Number(headers.get("X-Rtp-Timestamp"));
    if (!this.#held || !Source) {
      this.#first = first;
      this.#start = Source ? START : 0;
      this.#zero = now() - Number(headers.get("X-Past-Age")) - this.#start;
    }
    this.#held = Number(headers.get("X-Past-Held"));
    return this.#start + rtpAge(first, this.#first) / TICKS;
  }

  /** @param {number} time */
  #isLoaded(time) {
    const { buffered } = this.#video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= time && time < buffered.end(i)) return true;
    }
    return false;
  }

  /**
   * @param {Response} response
   * @param {number} begins time of its first picture
   * @param {AbortSignal} signal
   */
  async #feed(response, begins, signal) {
    const buffer = await this.#open(response.headers.get("Content-Type") ?? "");
    await idle(buffer);
    if (signal.aborted) return;
    if (this.#media?.readyState === "open") buffer.abort(); // within a picture, perhaps
    buffer.timestampOffset = begins;
    const reader = /** @type {ReadableStream<BufferSource>} */ (response.body).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) break;
      await this.#append(buffer, value);
      if (signal.aborted) return;
      this.#showWanted();
      await this.#untilNeeded(buffer, signal);
    }
    await idle(buffer);
    if (!signal.aborted && this.#media?.readyState === "open") this.#media.endOfStream();
  }

  /**
   * @param {string} type
   * @returns {Promise<SourceBuffer>}
   */
  async #open(type) {
    if (this.#buffer) return this.#buffer;
    if (!Source?.isTypeSupported(type)) throw new DOMException(type, "NotSupportedError");
    const media = new Source();
    this.#media = media;
    this.#video.disableRemotePlayback = true; // what iPhones ask for
    this.#video.src = URL.createObjectURL(media);
    await new Promise((open) => media.addEventListener("sourceopen", open, { once: true }));
    if (this.#media !== media) throw new DOMException("closed", "AbortError");
    this.#buffer = media.addSourceBuffer(type);
    return this.#buffer;
  }

  /**
   * @param {SourceBuffer} buffer
   * @param {BufferSource} piece
   */
  async #append(buffer, piece) {
    try {
      buffer.appendBuffer(piece);
    } catch (error) {
      if (/** @type {DOMException} */ (error).name !== "QuotaExceededError") throw error;
      await cut(buffer, this.#video.currentTime - 1);
      buffer.appendBuffer(piece);
    }
    await idle(buffer);
    const { buffered } = buffer;
    if (buffered.length && buffered.start(0) < this.#video.currentTime - BEHIND) await cut(buffer, this.#video.currentTime - BEHIND / 2);
  }

  #showWanted() {
    if (this.#wanted === null || !this.#isLoaded(this.#wanted)) return;
    this.#video.currentTime = this.#wanted;
    this.#wanted = null;
  }

  /**
   * Wait while enough is loaded: then the server waits too.
   * @param {SourceBuffer} buffer
   * @param {AbortSignal} signal
   */
  async #untilNeeded(buffer, signal) {
    while (!signal.aborted && this.#wanted === null && aheadOf(buffer, this.#video.currentTime) > AHEAD) {
      await new Promise((over) => setTimeout(over, 500));
    }
  }

  /**
   * From its first picture on, the keyframe before the moment: to seek in what has no table of its pictures fails here.
   * @param {Response} response
   */
  async #playWhole(response) {
    const piece = await response.blob();
    if (this.#video.src) URL.revokeObjectURL(this.#video.src);
    this.#video.src = URL.createObjectURL(piece);
    this.#wanted = null;
  }

  /** A browser heeds a pixel's shape that is in an MP4, or it does not. */
  #shape() {
    const { width, height } = this.#live();
    const { videoWidth, videoHeight } = this.#video;
    if (width && height && videoWidth) setAspect(this.#video, [width * videoHeight, height * videoWidth]);
  }
}

/** Seconds of the page's clock. */
function now() {
  return performance.now() / 1000;
}

/** @param {SourceBuffer} buffer */
async function idle(buffer) {
  if (buffer.updating) await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
}

/**
 * Forget what is before a time.
 * @param {SourceBuffer} buffer
 * @param {number} time
 */
async function cut(buffer, time) {
  if (time <= 0) return;
  buffer.remove(0, time);
  await idle(buffer);
}

/**
 * @param {SourceBuffer} buffer
 * @param {number} time
 */
function aheadOf({ buffered }, time) {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= time && time <= buffered.end(i)) return buffered.end(i) - time;
  }
  return 0;
}
