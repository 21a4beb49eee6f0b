/** @typedef {import("./choices.js").Choices} Choices */
/** @typedef {import("./detector_delay.js").DetectorDelay} DetectorDelay */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */

const MOST_MS = 150;
const SPARE_MS = 10; // beyond the 95th percentile
const TICK_MS = 200;
const UP_MS = 12; // for each tick, so that the picture slows down a little and does not halt
const DOWN_MS = 4;

/**
 * Where the viewer wants boxes on their very frames, holds the pictures back until the detector has looked at them; else
 * not at all.
 */
export class HoldBack {
  #client;
  #delay;
  #choices;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;

  /**
   * @param {WebRTCVideoClient} client
   * @param {DetectorDelay} delay
   * @param {Choices} choices of which `boxes` is heeded
   */
  constructor(client, delay, choices) {
    this.#client = client;
    this.#delay = delay;
    this.#choices = choices;
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    const ticker = setInterval(() => this.#follow(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(ticker));
    this.#client.addEventListener("firstframe", () => this.#begin(), { signal });
    this.#choices.addEventListener("change", (event) => this.#onChoice(event), { signal });
    this.#begin();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
  }

  /** Whether pictures may wait is said when a call is made. @param {Event} event */
  #onChoice(event) {
    if (/** @type {CustomEvent} */ (event).detail === "boxes") this.#client.redial();
  }

  /** A call begins with nothing held back, or its first picture would be. */
  #begin() {
    this.#delay.clear();
    this.#hold(0);
  }

  #follow() {
    const { held } = this.#delay;
    const wanted = this.#choices.get("boxes") === "exact" ? this.#wanted() : 0;
    const step = Math.max(-DOWN_MS, Math.min(UP_MS, wanted - held));
    if (step) this.#hold(held + step);
  }

  #wanted() {
    const need = this.#delay.p95(performance.now());
    return need === undefined ? 0 : Math.max(0, Math.min(MOST_MS, need + SPARE_MS));
  }

  /** @param {number} milliseconds */
  #hold(milliseconds) {
    this.#delay.held = milliseconds;
    this.#client.holdBack(milliseconds);
  }
}
