/** @typedef {{gap: number, late: number}} Step */

const SHORTEST_MS = 500; // without a result, after which boxes vanish
const LONGEST_MS = 3000;
const USUAL_GAPS = 2.5; // of the detector, without a result
const STEPS = 5; // the latest ones, from which all of this is told
const SLOW_GAP_MS = 150; // between results: more is slow
const SLOW_LATE_MS = 250;
const IN_TIME_MS = 150; // how late a result may be to count as in time
const LATEST_MS = 2000; // a result later than that is not waited for

/** How often the detector looks, and how late its results are for the pictures on the screen: what boxes may bridge. */
export class DetectorPace {
  /** @type {Step[]} oldest first, milliseconds */
  #steps = [];
  #gap = 0; // the usual one; 0 is not known
  #late = 0; // the usual lateness
  #latest = 0; // the largest lateness lately

  /**
   * Take note of a result.
   * @param {number} gap to the result before it, milliseconds of the camera's time
   * @param {number} late how much older its frame is than the one that was on the screen when it came, milliseconds
   */
  add(gap, late) {
    this.#steps = [...this.#steps.slice(1 - STEPS), { gap, late: Math.max(0, Math.min(late, LATEST_MS)) }];
    this.#gap = usual(this.#steps.map((step) => step.gap));
    this.#late = usual(this.#steps.map((step) => step.late));
    this.#latest = Math.max(...this.#steps.map((step) => step.late));
  }

  /** For how long a result's boxes stay where no other comes, milliseconds. */
  get lifetime() {
    return Math.max(SHORTEST_MS, Math.min(USUAL_GAPS * this.#gap, LONGEST_MS));
  }

  /** How old a result may be for the frame that it is drawn on, milliseconds: results of some detectors come late. */
  get oldest() {
    return this.lifetime + (this.#latest > IN_TIME_MS ? this.#latest : 0);
  }

  /** How far two results may be apart for boxes to be on their way from one to the other, milliseconds. */
  get bridge() {
    return this.#steps.length > 1 ? this.lifetime : SHORTEST_MS;
  }

  /** Whether a new result puts boxes far from where they were drawn until it came. */
  get isSlow() {
    return this.#gap > SLOW_GAP_MS || this.#late > SLOW_LATE_MS;
  }
}

/** The median, the lower one. @param {number[]} values at least one */
function usual(values) {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}
