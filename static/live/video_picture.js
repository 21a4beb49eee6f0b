import { eachFrame, stretchOf } from "../lib/frames.js";

/** @typedef {import("../lib/frames.js").PictureSource} PictureSource */
/** @typedef {import("../lib/frames.js").PresentedFrame} PresentedFrame */

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
