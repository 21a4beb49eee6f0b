/**
 * @typedef {object} PictureSource what boxes can be drawn over
 * @property {number} width of the picture, square pixels; 0 before the first
 * @property {number} height
 * @property {(callback: (frame: PresentedFrame | null) => void) => () => void} eachFrame
 *   Call back for each picture that is presented, with null where nothing is known of it; what it returns stops that.
 */
/**
 * @typedef {object} PresentedFrame
 * @property {number} [rtpTimestamp] unsigned 32 bits, 90 kHz: when the frame was captured
 * @property {boolean} [past] it was taken a while ago, and says nothing of how late results are now
 * @property {number} [receiveTime] when the last of it came from the network, milliseconds of the page's clock
 */

// Chromium says that it presents pictures of 2×2 pixels where it cannot make anything of the stream.
const LEAST_SIDE = 16;
// RTP ticks. Nothing older is sent again (a viewer begins at a keyframe of 12 s ago at most): such a picture is by another
// clock, as of a board that has started anew.
const OLDEST_AGAIN = 15 * 90000;

/** Whether it has presented a picture. @param {HTMLVideoElement} video */
export function hasPicture({ videoWidth, videoHeight }) {
  return Math.min(videoWidth, videoHeight) >= LEAST_SIDE;
}

/**
 * Tells new pictures from those that came before, and are sent again when a decoder or a newcomer begins anew: these are no
 * sign of life.
 */
export class NewestFrame {
  /** @type {number | undefined} */
  #rtpTimestamp;

  /**
   * Take note of a picture, and tell whether it is newer than all before; one of which nothing is known counts as new.
   * @param {number | undefined} rtpTimestamp unsigned 32 bits, 90 kHz
   */
  isNewer(rtpTimestamp) {
    if (rtpTimestamp === undefined) return true;
    const age = this.#rtpTimestamp === undefined ? -1 : (this.#rtpTimestamp - rtpTimestamp) | 0; // both wrap around
    if (age >= 0 && age <= OLDEST_AGAIN) return false;
    this.#rtpTimestamp = rtpTimestamp;
    return true;
  }
}

/**
 * Show pictures in their true shape: browsers take the pixels of WebRTC's for square.
 * @param {HTMLVideoElement} video
 * @param {[number, number] | undefined} pixel its width and height, as the server says
 */
export function setAspect(video, [width, height] = [1, 1]) {
  const stretch = width / height;
  if (stretch > 0 && stretch < Infinity) video.style.setProperty("--stretch", String(stretch));
}

/** Width of a pixel, where its height is 1. @param {HTMLVideoElement} video */
export function stretchOf(video) {
  return Number(video.style.getPropertyValue("--stretch") || 1);
}

/**
 * Call back for each picture that `video` presents; the function returned stops that.
 *
 * A browser without `requestVideoFrameCallback` gives no metadata, and calls back only some times a second.
 *
 * @param {HTMLVideoElement} video
 * @param {(metadata: VideoFrameCallbackMetadata | null) => void} callback
 * @returns {() => void}
 */
export function eachFrame(video, callback) {
  if (!("requestVideoFrameCallback" in video)) return eachUpdate(video, callback);
  let handle = 0;
  const next = () => {
    handle = video.requestVideoFrameCallback((_now, metadata) => {
      next();
      if (hasPicture(video)) callback(metadata);
    });
  };
  next();
  return () => video.cancelVideoFrameCallback(handle);
}

/**
 * @param {HTMLVideoElement} video
 * @param {(metadata: null) => void} callback
 */
function eachUpdate(video, callback) {
  const update = () => void (hasPicture(video) && callback(null));
  video.addEventListener("timeupdate", update);
  return () => video.removeEventListener("timeupdate", update);
}

/**
 * Settled once `video` has presented its next picture.
 * @param {HTMLVideoElement} video
 */
export function nextFrame(video) {
  return new Promise((seen) => {
    const stop = eachFrame(video, () => (stop(), seen(undefined)));
  });
}
