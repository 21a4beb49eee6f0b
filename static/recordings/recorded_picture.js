import { eachFrame, hasPicture } from "../lib/frames.js";

/** @typedef {import("../lib/frames.js").PictureSource} PictureSource */
/** @typedef {import("../lib/frames.js").PresentedFrame} PresentedFrame */

export const TICKS = 90_000; // a second, of a recording's times

/**
 * The picture of one recording in a video element, whose frames have the recording's own times. It is a `PictureSource`.
 *
 * @implements {PictureSource}
 */
export class RecordedPicture {
  #video;
  #timeOf;
  /** @type {PresentedFrame | null} on the screen */
  #frame = null;
  /** @type {Set<(frame: PresentedFrame) => void>} */
  #callbacks = new Set();
  #stopFrames;

  /**
   * @param {HTMLVideoElement} video
   * @param {(seconds: number) => number} timeOf the frame, in ticks, that is shown so far into the recording: asked where the
   *   browser does not tell it
   */
  constructor(video, timeOf) {
    this.#video = video;
    this.#timeOf = timeOf;
    const isTold = "requestVideoFrameCallback" in video;
    this.#stopFrames = isTold ? eachFrame(video, (metadata) => this.#onFrame(metadata)) : eachScreen(video, () => this.#onFrame(null));
  }

  get width() {
    return this.#frame ? this.#video.videoWidth : 0;
  }

  get height() {
    return this.#video.videoHeight;
  }

  /** With the one that is on the screen first, as of a video that is paused no other comes. @param {(frame: PresentedFrame) => void} callback */
  eachFrame(callback) {
    this.#callbacks.add(callback);
    if (this.#frame) callback(this.#frame);
    return () => void this.#callbacks.delete(callback);
  }

  close() {
    this.#stopFrames();
    this.#callbacks.clear();
  }

  /** @param {VideoFrameCallbackMetadata | null} metadata */
  #onFrame(metadata) {
    const ticks = metadata ? Math.round(metadata.mediaTime * TICKS) : this.#timeOf(this.#video.currentTime);
    this.#frame = { rtpTimestamp: ticks >>> 0, past: true };
    for (const callback of this.#callbacks) callback(this.#frame);
  }
}

/**
 * Call back for each picture of the screen while the video plays, and for the one that it was taken to; the function
 * returned stops that.
 * @param {HTMLVideoElement} video
 * @param {() => void} callback
 */
function eachScreen(video, callback) {
  let handle = 0;
  const show = () => void (hasPicture(video) && !video.seeking && callback());
  const next = () => {
    show();
    cancelAnimationFrame(handle);
    if (!video.paused) handle = requestAnimationFrame(next);
  };
  const events = ["playing", "seeked", "loadeddata", "timeupdate"];
  for (const event of events) video.addEventListener(event, next);
  return () => {
    cancelAnimationFrame(handle);
    for (const event of events) video.removeEventListener(event, next);
  };
}
