import { rtpAge } from "./detection_ring.js";

const OLDEST_SAMPLE_MS = 4000;
const FEWEST_SAMPLES = 15; // that say something
const LONGEST_GAP = 150 * 90; // RTP ticks between two results: no picture in between waits that long
const LONGEST_NEED_MS = 300; // that most pictures have: for a detector that is slower they do not wait at all
const NEVER = 1e9; // milliseconds
const LONGEST_LIST = 64;
const OLDEST_WAIT_MS = 200;

/**
 * How long a picture would have to be held back for its boxes to be there when it is shown, and how long it is: measured,
 * as frames are presented and results arrive. A frame that the detector left out waits for the next result, between
 * which and the one before its boxes lie.
 */
export class DetectorDelay {
  /** What the browser was told to hold pictures back by, milliseconds. */
  told = 0;
  /** @type {{at: number, held: number}[]} oldest first */
  #waits = [];
  /** @type {{rtp: number, at: number, held: number}[]} presented, and without a result so far; oldest first */
  #frames = [];
  /** @type {{rtp: number, at: number, gap: number}[]} `gap` to the one before; oldest first */
  #results = [];
  /** @type {{need: number, at: number}[]} milliseconds; oldest first */
  #samples = [];

  clear() {
    this.#waits = [];
    this.#frames = [];
    this.#results = [];
    this.#samples = [];
  }

  /**
   * @param {number} rtp the frame's timestamp
   * @param {number} now milliseconds
   * @param {number} [received] when the last of it came from the network; else what the browser was told is believed
   */
  presented(rtp, now, received) {
    const frame = { rtp, at: now, held: received === undefined ? this.told : now - received };
    push(this.#waits, frame);
    const result = this.#results.find((result) => rtpAge(result.rtp, rtp) >= 0);
    if (result) this.#sample(frame, result);
    else push(this.#frames, frame);
  }

  /**
   * @param {number} rtp the timestamp of the frame that the detector looked at
   * @param {number} now milliseconds
   */
  arrived(rtp, now) {
    const before = this.#results[this.#results.length - 1];
    const result = { rtp, at: now, gap: before ? rtpAge(rtp, before.rtp) : Infinity };
    push(this.#results, result);
    while (this.#frames.length && rtpAge(rtp, this.#frames[0].rtp) >= 0) {
      this.#sample(/** @type {any} */ (this.#frames.shift()), result);
    }
  }

  /**
   * How long pictures have just waited, from their arrival to the screen, milliseconds; undefined where none was shown.
   * @param {number} now milliseconds
   */
  held(now) {
    const waits = this.#waits.filter(({ at }) => now - at <= OLDEST_WAIT_MS);
    return waits.length ? waits.reduce((sum, { held }) => sum + held, 0) / waits.length : undefined;
  }

  /**
   * The 95th percentile over the last seconds, milliseconds; undefined where the detector has said too little, or is too
   * slow: most of its boxes would not be there after any wait that is worth it.
   * @param {number} now milliseconds
   */
  p95(now) {
    this.#samples = this.#samples.filter(({ at }) => now - at <= OLDEST_SAMPLE_MS);
    const needs = this.#samples.map(({ need }) => need).sort((a, b) => a - b);
    if (needs[needs.length >> 1] > LONGEST_NEED_MS) return undefined;
    const served = needs.filter((need) => need < NEVER);
    return served.length < FEWEST_SAMPLES ? undefined : served[Math.floor(0.95 * (served.length - 1))];
  }

  /**
   * @param {{rtp: number, at: number, held: number}} frame
   * @param {{rtp: number, at: number, gap: number}} result
   */
  #sample(frame, result) {
    const need = result.rtp !== frame.rtp && result.gap > LONGEST_GAP ? NEVER : result.at - frame.at + frame.held;
    this.#samples.push({ need, at: Math.max(result.at, frame.at) });
  }
}

/**
 * @template T
 * @param {T[]} list
 * @param {T} item
 */
function push(list, item) {
  list.push(item);
  if (list.length > LONGEST_LIST) list.shift();
}
