import { extrapolate, interpolate } from "./interpolation.js";

/** @typedef {{x: number, y: number, w: number, h: number}} Rect in pixels, left-top corner and size */
/** @typedef {{class_name: string, confidence: number, bbox: Rect}} Detection */
/**
 * @typedef {object} DetectionResult one event of /api/detections/stream (docs/http-api.md)
 * @property {Detection[]} detections
 * @property {number} frame_number
 * @property {number} rtp_timestamp
 * @property {number} width of the picture that the boxes are measured in, pixels
 * @property {number} height
 */
/**
 * @typedef {"exact" | "interpolated" | "moved" | "newest" | "none"} Match how the boxes of a frame were come by: the result
 * of this very frame, between those of two frames, moved on from the newest one before it, the newest where the frame's
 * time is not known, none
 */
/**
 * @typedef {object} Boxes
 * @property {Match} match
 * @property {DetectionResult | null} result of this frame, or the last one before it; in its pixels are
 * @property {Detection[]} detections
 */

const RING_SIZE = 2400; // 80 s at 30 results a second: as far as one can look back (rewind.js)
export const VANISH_MS = 500;
const VANISH_RTP = VANISH_MS * 90;
/** @type {Boxes} */
const NONE = { match: "none", result: null, detections: [] };

/** The detector's latest results, found by the RTP timestamp of a frame. */
export class DetectionRing {
  /** @type {{result: DetectionResult, at: number}[]} oldest first; `at` is the arrival in milliseconds */
  #results = [];

  /**
   * @param {DetectionResult} result
   * @param {number} now milliseconds
   */
  add(result, now) {
    this.#results.push({ result, at: now });
    if (this.#results.length > RING_SIZE) this.#results.shift();
  }

  clear() {
    this.#results = [];
  }

  /**
   * What to draw on the frame of `rtpTimestamp`; on any frame where that is undefined.
   *
   * @param {number | undefined} rtpTimestamp unsigned 32 bits, 90 kHz
   * @param {number} now milliseconds
   * @param {boolean} [past] the frame is of a while ago: it does not matter whether results still come
   * @returns {Boxes}
   */
  boxesFor(rtpTimestamp, now, past = false) {
    const newest = this.#results[this.#results.length - 1];
    if (!newest || (now - newest.at >= VANISH_MS && !past)) return NONE;
    if (rtpTimestamp !== undefined) return this.#boxesAt(rtpTimestamp);
    return { match: "newest", result: newest.result, detections: newest.result.detections };
  }

  /**
   * @param {number} rtpTimestamp
   * @returns {Boxes}
   */
  #boxesAt(rtpTimestamp) {
    let i = this.#results.length - 1;
    while (i >= 0 && rtpAge(rtpTimestamp, this.#results[i].result.rtp_timestamp) < 0) i--;
    if (i < 0) return NONE;
    const { result } = this.#results[i];
    const age = rtpAge(rtpTimestamp, result.rtp_timestamp);
    if (age === 0) return { match: "exact", result, detections: result.detections };
    if (age > VANISH_RTP) return NONE;
    const next = this.#results[i + 1]?.result;
    const gap = next ? rtpAge(next.rtp_timestamp, result.rtp_timestamp) : Infinity;
    if (gap <= VANISH_RTP) return { match: "interpolated", result, detections: interpolate(result, next, age / gap) };
    return { match: "moved", result, detections: this.#moved(i, age) };
  }

  /**
   * The boxes of the i-th result, `age` ticks later.
   * @param {number} i
   * @param {number} age
   */
  #moved(i, age) {
    const { result } = this.#results[i];
    const before = this.#results[i - 1]?.result;
    const span = before ? rtpAge(result.rtp_timestamp, before.rtp_timestamp) : 0;
    return span > 0 && span <= VANISH_RTP ? extrapolate(before, result, age / span) : result.detections;
  }
}

/**
 * How much later `timestamp` is than `other`, in RTP ticks; both wrap around at 2³², and so the result is signed.
 * @param {number} timestamp
 * @param {number} other
 */
export function rtpAge(timestamp, other) {
  return (timestamp - other) | 0;
}
