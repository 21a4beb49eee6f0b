import { sitePath } from "../lib/http.js";
import { paintDetections } from "../lib/bbox_overlay.js";
import { stretchOf } from "../lib/frames.js";

/** @typedef {import("./picture_tools.js").PictureParts} PictureParts */
/** @typedef {import("../lib/bbox_overlay.js").OverlayState} OverlayState */

const SNAPSHOT_URL = sitePath("/snapshot.jpg");
const SNAPSHOT_MS = 4000;
const QUALITY = 0.92;
const TEXT_ACROSS = 50; // the picture's width in rem, which makes the boxes' labels as large as on a screen

/** Keeps the picture that is on the screen: gives it to the system's share sheet, or else to the downloads. */
export class Photo {
  #parts;
  #say;
  #busy = false;

  /**
   * @param {PictureParts} parts
   * @param {import("./picture_tools.js").Say} say
   */
  constructor(parts, say) {
    this.#parts = parts;
    this.#say = say;
  }

  async take() {
    if (this.#busy) return;
    this.#busy = true;
    const { messages, fallback } = this.#parts;
    try {
      if (fallback.state !== "live") return this.#say(messages.text("live.photo.none"));
      const taken = new Date();
      const canvas = await this.#picture();
      const file = new File([await jpegOf(canvas)], nameOf(taken), { type: "image/jpeg" });
      this.#say(...(await this.#keep(file)));
    } catch {
      this.#say(messages.text("live.photo.failed"));
    } finally {
      this.#busy = false;
    }
  }

  /**
   * @param {File} file
   * @returns {Promise<(string | Node)[]>} what there is to say of it
   */
  async #keep(file) {
    const { messages } = this.#parts;
    const link = linkTo(file);
    try {
      if (isForSharing(file)) {
        await navigator.share({ files: [file] });
        return [messages.text("live.photo.shared")];
      }
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") {
        link.textContent = messages.text("live.photo.save");
        return [`${messages.text("live.photo.dropped")} `, link]; // the person changed their mind, or did not find where to
      }
    }
    link.click();
    return [messages.text("live.photo.saved", { name: file.name })];
  }

  #picture() {
    const past = /** @type {HTMLVideoElement | null} */ (document.querySelector("#camera[data-past=shown] .past"));
    if (past) return this.#ofVideo(past);
    return this.#parts.fallback.way === "mjpeg" ? this.#ofMjpeg() : this.#ofVideo(this.#parts.client.video);
  }

  /**
   * In the camera's own resolution; its pixels become square by making the picture larger, as nothing is to be lost.
   * @param {HTMLVideoElement} video
   */
  #ofVideo(video) {
    const stretch = stretchOf(video);
    const width = Math.round(video.videoWidth * Math.max(1, stretch));
    const height = Math.round(video.videoHeight * Math.max(1, 1 / stretch));
    return this.#compose(video, width, height, this.#parts.overlay.picture, this.#parts.overlay.state);
  }

  /** The stream may be of a smaller picture than the camera's, for a small screen: then the server's newest whole one. */
  async #ofMjpeg() {
    const { view, overlay } = this.#parts;
    const { width, height } = view;
    const seen = this.#compose(view.canvas, width, height, view, overlay.state);
    const whole = await this.#snapshot().catch(() => null);
    if (!whole || whole.width <= width) return seen;
    return this.#compose(whole, whole.width, whole.height, whole, null);
  }

  async #snapshot() {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), SNAPSHOT_MS);
    try {
      const boxes = this.#withBoxes ? "?boxes=1" : "";
      const answer = await fetch(SNAPSHOT_URL + boxes, { signal: limit.signal, cache: "no-store" });
      return answer.ok ? await createImageBitmap(await answer.blob()) : null;
    } finally {
      clearTimeout(timer);
    }
  }

  get #withBoxes() {
    return this.#parts.choices.get("photo") === "boxes";
  }

  /**
   * @param {CanvasImageSource} source
   * @param {number} width of the photo
   * @param {number} height
   * @param {{width: number, height: number}} picture in whose pixels the boxes are
   * @param {OverlayState | null} state null where its boxes are not to be drawn
   */
  #compose(source, width, height, picture, state) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(source, 0, 0, width, height);
    if (!state || !this.#withBoxes) return canvas;
    const rem = 16;
    const scale = Math.max(1, width / (TEXT_ACROSS * rem));
    const place = { x: 0, y: 0, w: width / scale, h: height / scale };
    context.scale(scale, scale);
    const { messages } = this.#parts;
    paintDetections(context, state.detections, picture, place, {
      nameOf: (name) => messages.className(name),
      seen: place,
      covered: [],
      rem,
    });
    return canvas;
  }
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function jpegOf(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}

/** As recordings are named: the camera, which the page is named after, and the time. @param {Date} time */
function nameOf(time) {
  const camera = document.title.replace(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}-]+/gu, "-");
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${camera}_${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}.jpg`;
}

/** A link that downloads it, for a while. @param {File} file */
function linkTo(file) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: file.name });
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser reads it when it likes
  return link;
}

/** A share sheet is the way of phones and tablets to keep a file; elsewhere a download is. @param {File} file */
function isForSharing(file) {
  return matchMedia("(pointer: coarse)").matches && Boolean(navigator.canShare?.({ files: [file] }));
}
