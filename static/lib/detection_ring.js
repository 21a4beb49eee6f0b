import { DetectorPace } from "./detector_pace.js";
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
 * of this very frame, between those of two frames, moved on from the newest one before it or on their way to where that puts
 * them, the newest where the frame's time is not known, none
 */
/**
 * @typedef {object} Boxes
 * @property {Match} match
 * @property {DetectionResult | null} result of this frame, or the last one before it; in its pixels are
 * @property {Detection[]} detections
 */

const RING_SIZE = 2400; // 80 s at 30 results a second: as far as one can look back (rewind.js)
const TICKS = 90; // of RTP timestamps, in a millisecond
const FORESIGHT = 500 * TICKS; // for which a pet is taken to go on its way
const LONGEST_BRIDGE = 3000 * TICKS; // between results of the past, where it is known what came after
/** @type {Boxes} */
const NONE = { match: "none", result: null, detections: [] };

/** The detector's latest results, found by the RTP timestamp of a frame. */
export class DetectionRing {
  /** @type {{result: DetectionResult, at: number}[]} oldest first; `at` is the arrival in milliseconds */
  #results = [];
  /** Of the detector; clear() leaves it as it is. */
  pace = new DetectorPace();
  #late = 0; // milliseconds, of the last result for which it could be told

  /**
   * @param {DetectionResult} result
   * @param {number} now milliseconds
   * @param {number} [shown] RTP timestamp of the live frame that is on the screen
   */
  add(result, now, shown) {
    const before = this.#results[this.#results.length - 1]?.result;
    const gap = before ? rtpAge(result.rtp_timestamp, before.rtp_timestamp) : 0;
    if (shown !== undefined) this.#late = rtpAge(shown, result.rtp_timestamp) / TICKS;
    if (gap > 0) this.pace.add(gap / TICKS, this.#late);
    this.#results.push({ result, at: now });
    if (this.#results.length > RING_SIZE) this.#results.shift();
  }

  /**
   * Have these, of a recording, instead of all others.
   * @param {DetectionResult[]} results oldest first
   */
  replace(results) {
    this.clear();
    this.pace = new DetectorPace();
    for (const result of results) this.add(result, 0);
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
    if (!newest || (now - newest.at >= this.pace.lifetime && !past)) return NONE;
    if (rtpTimestamp !== undefined) return this.#boxesAt(rtpTimestamp, past);
    return { match: "newest", result: newest.result, detections: newest.result.detections };
  }

  /**
   * @param {number} rtpTimestamp
   * @param {boolean} past
   * @returns {Boxes}
   */
  #boxesAt(rtpTimestamp, past) {
    let i = this.#results.length - 1;
    while (i >= 0 && rtpAge(rtpTimestamp, this.#results[i].result.rtp_timestamp) < 0) i--;
    if (i < 0) return NONE;
    const { result } = this.#results[i];
    const age = rtpAge(rtpTimestamp, result.rtp_timestamp);
    if (age === 0) return { match: "exact", result, detections: result.detections };
    const next = this.#results[i + 1]?.result;
    const gap = next ? rtpAge(next.rtp_timestamp, result.rtp_timestamp) : Infinity;
    if (gap <= (past ? LONGEST_BRIDGE : this.pace.bridge * TICKS)) {
      return { match: "interpolated", result, detections: interpolate(result, next, age / gap, gap / TICKS) };
    }
    if (age > this.pace.oldest * TICKS) return NONE;
    return { match: "moved", result, detections: this.#moved(i, age) };
  }

  /**
   * The boxes of the i-th result, `age` ticks later: a pet may have turned by then.
   * @param {number} i
   * @param {number} age
   */
  #moved(i, age) {
    const { result } = this.#results[i];
    const before = this.#results[i - 1]?.result;
    const span = before ? rtpAge(result.rtp_timestamp, before.rtp_timestamp) : 0;
    if (span <= 0 || span > this.pace.bridge * TICKS) return result.detections;
    return extrapolate(before, result, Math.min(age, FORESIGHT) / span, span / TICKS);
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
