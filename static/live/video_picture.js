import { pictureRect } from "./bbox_overlay.js";
import { eachFrame } from "./frames.js";

/** @typedef {import("./frames.js").PictureSource} PictureSource */
/** @typedef {import("./frames.js").PresentedFrame} PresentedFrame */

/**
 * The picture of a video element in its true shape: browsers show WebRTC's as if its pixels were square. Made once for the
 * page, it stays as long as the element does. It is a `PictureSource`.
 *
 * @implements {PictureSource}
 */
export class VideoPicture {
  #video;
  /** Width of a pixel, where its height is 1. */
  #stretch = 1;

  /** @param {HTMLVideoElement} video that fills its parent */
  constructor(video) {
    this.#video = video;
    video.addEventListener("resize", () => this.#fit());
    new ResizeObserver(() => this.#fit()).observe(/** @type {HTMLElement} */ (video.parentElement));
  }

  get width() {
    return Math.round(this.#video.videoWidth * this.#stretch);
  }

  get height() {
    return this.#video.videoHeight;
  }

  /** @param {(frame: PresentedFrame | null) => void} callback */
  eachFrame(callback) {
    return eachFrame(this.#video, callback);
  }

  /** @param {[number, number]} pixel its width and height, as the server says */
  setAspect([width, height]) {
    const stretch = width / height;
    if (!(stretch > 0 && stretch < Infinity) || stretch === this.#stretch) return;
    this.#stretch = stretch;
    this.#fit();
  }

  // Square pixels are the style sheet's affair.
  #fit() {
    const { style, parentElement } = this.#video;
    const { clientWidth, clientHeight } = /** @type {HTMLElement} */ (parentElement);
    if (this.#stretch === 1 || !this.height) {
      return void Object.assign(style, { left: "", top: "", width: "", height: "", objectFit: "" });
    }
    const { x, y, w, h } = pictureRect(clientWidth, clientHeight, this.width, this.height);
    Object.assign(style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px`, objectFit: "fill" });
  }
}
