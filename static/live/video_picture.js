import { eachFrame, stretchOf } from "./frames.js";

/** @typedef {import("./frames.js").PictureSource} PictureSource */
/** @typedef {import("./frames.js").PresentedFrame} PresentedFrame */

/**
 * The picture of a video element. It is a `PictureSource`.
 *
 * @implements {PictureSource}
 */
export class VideoPicture {
  #video;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  get width() {
    return Math.round(this.#video.videoWidth * stretchOf(this.#video));
  }

  get height() {
    return this.#video.videoHeight;
  }

  /** @param {(frame: PresentedFrame | null) => void} callback */
  eachFrame(callback) {
    return eachFrame(this.#video, callback);
  }
}
