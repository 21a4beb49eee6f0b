import { canDelay } from "./call.js";

/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("../lib/detector_delay.js").DetectorDelay} DetectorDelay */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */

const MOST_DELAY_MS = 150; // that pictures wait
const MOST_TOLD_MS = 400; // below the streamer's playout delay: a browser may hold them back by far less than it is told
const SPARE_MS = 16; // beyond the 95th percentile
const TICK_MS = 200;
const STEP_UP_MS = 20; // for each tick, so that the picture slows down a little and does not halt
const STEP_DOWN_MS = 8;
const GAIN = 0.4; // of what is missing: the browser follows within half a second

/**
 * Where the viewer wants boxes on their very frames, delays their playout until the detector has looked at them; else,
 * and where the browser cannot, not at all.
 */
export class PlayoutDelay {
  /** For how long pictures have to wait for their sound, milliseconds. */
  forSound = 0;
  #client;
  #detector;
  #choices;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;

  /**
   * @param {WebRTCVideoClient} client
   * @param {DetectorDelay} detector how late its boxes are
   * @param {Choices} choices of which `boxes` is heeded
   */
  constructor(client, detector, choices) {
    this.#client = client;
    this.#detector = detector;
    this.#choices = choices;
  }

  start() {
    if (this.#life || !canDelay()) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    const ticker = setInterval(() => this.#follow(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(ticker));
    this.#client.addEventListener("firstframe", () => this.#begin(), { signal });
    this.#choices.addEventListener("change", (event) => this.#onChoice(event), { signal });
    this.#begin();
  }

  /** For how long pictures have just waited, from their arrival to the screen, milliseconds. */
  get held() {
    return this.#detector.held(performance.now()) ?? 0;
  }

  /** Whether pictures wait for their sound for longer than they would anyway. */
  get canWaitLess() {
    return this.forSound > this.#forBoxes(performance.now()) && this.#detector.told > 0;
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
    this.#detector.clear();
    this.#set(0);
  }

  /**
   * What a browser is told is not what it does: Chromium's clock of the stream is wrong for some time after a call that
   * began with many old pictures. So what pictures do wait is followed.
   */
  #follow() {
    const now = performance.now();
    const held = this.#detector.held(now);
    if (held === undefined) return;
    const wanted = Math.max(this.#forBoxes(now), this.forSound);
    const step = Math.max(-STEP_DOWN_MS, Math.min(STEP_UP_MS, GAIN * (wanted - held)));
    const { told } = this.#detector;
    const next = Math.max(0, Math.min(MOST_TOLD_MS, told + step));
    if (next !== told) this.#set(next);
  }

  /** @param {number} now milliseconds */
  #forBoxes(now) {
    if (this.#choices.get("boxes") !== "exact") return 0;
    const need = this.#detector.p95(now);
    return need === undefined ? 0 : Math.max(0, Math.min(MOST_DELAY_MS, need + SPARE_MS));
  }

  /** @param {number} milliseconds */
  #set(milliseconds) {
    this.#detector.told = milliseconds;
    this.#client.setPlayoutDelay(milliseconds);
  }
}
