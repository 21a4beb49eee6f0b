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
 * @typedef {"exact" | "earlier" | "newest" | "none"} Match
 * how a result was chosen: of this very frame, of an earlier one, the newest where the frame's time is not known, none
 */

const RING_SIZE = 90; // 3 s at 30 results a second
export const VANISH_MS = 500;
const VANISH_RTP = VANISH_MS * 90;

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
   * The result to draw on the frame of `rtpTimestamp`; on any frame where that is undefined.
   *
   * @param {number | undefined} rtpTimestamp unsigned 32 bits, 90 kHz
   * @param {number} now milliseconds
   * @returns {{match: Match, result: DetectionResult | null}}
   */
  boxesFor(rtpTimestamp, now) {
    const newest = this.#results.at(-1);
    if (!newest || now - newest.at >= VANISH_MS) return { match: "none", result: null };
    if (rtpTimestamp === undefined) return { match: "newest", result: newest.result };
    return this.#before(rtpTimestamp);
  }

  /**
   * @param {number} rtpTimestamp
   * @returns {{match: Match, result: DetectionResult | null}}
   */
  #before(rtpTimestamp) {
    for (let i = this.#results.length - 1; i >= 0; i--) {
      const { result } = this.#results[i];
      const age = rtpAge(rtpTimestamp, result.rtp_timestamp);
      if (age === 0) return { match: "exact", result };
      if (age > 0 && age <= VANISH_RTP) return { match: "earlier", result };
    }
    return { match: "none", result: null };
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
