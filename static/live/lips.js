/** @typedef {import("./playout_delay.js").PlayoutDelay} PlayoutDelay */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */

const LOOK_MS = 400;
const READINGS = 3; // of which the middle one counts
const NEAR_MS = 6; // nobody sees or hears less; to follow it would only stir
const GAIN = 0.35; // of what is missing, for each look: the browser takes a second to follow
const MOST_STEP_MS = 25; // so that nothing halts or is heard to change
const MOST_MS = 300; // that either waits for the other

/**
 * Keeps sound and picture in step. Browsers do so too, but only within some 30 ms, and not where a page holds pictures back.
 *
 * What is played of each, the browser tells by the camera's own clock (`estimatedPlayoutTimestamp`, out of the sender reports).
 * Where the picture is ahead it waits longer; where sound is ahead, first the picture waits less, as far as its boxes let it,
 * then sound waits too.
 */
export class Lips {
  #client;
  #playoutDelay;
  #ticker = 0;
  /** @type {number[]} ms by which sound was ahead, oldest first */
  #readings = [];
  #soundWaits = 0;

  /**
   * @param {WebRTCVideoClient} client
   * @param {PlayoutDelay} playoutDelay
   */
  constructor(client, playoutDelay) {
    this.#client = client;
    this.#playoutDelay = playoutDelay;
  }

  start() {
    this.close();
    this.#ticker = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Undo start(): pictures wait for their boxes only. */
  close() {
    clearInterval(this.#ticker);
    this.#readings = [];
    this.#soundWaits = 0;
    this.#playoutDelay.forSound = 0;
  }

  async #look() {
    const { call } = this.#client;
    const report = await this.#client.stats().catch(() => null);
    const ahead = report && soundAhead(report);
    if (ahead === null || call !== this.#client.call) return;
    this.#readings = [...this.#readings, ahead].slice(-READINGS);
    if (this.#readings.length === READINGS) this.#steer([...this.#readings].sort((a, b) => a - b)[READINGS >> 1]);
  }

  /** @param {number} ahead ms by which what is heard was captured later than what is seen */
  #steer(ahead) {
    if (Math.abs(ahead) < NEAR_MS) return;
    const step = Math.max(-MOST_STEP_MS, Math.min(MOST_STEP_MS, GAIN * ahead));
    const { forSound, canWaitLess } = this.#playoutDelay;
    const sound = step > 0 ? !canWaitLess : this.#soundWaits > 0;
    if (sound) this.#delaySound(this.#soundWaits + step);
    else this.#playoutDelay.forSound = Math.max(0, Math.min(MOST_MS, forSound - step));
  }

  /** @param {number} milliseconds */
  #delaySound(milliseconds) {
    this.#soundWaits = Math.max(0, Math.min(MOST_MS, milliseconds));
    this.#client.call?.setSoundDelay(this.#soundWaits);
  }
}

/** In ms; null where the browser does not say it of both. @param {RTCStatsReport} report */
export function soundAhead(report) {
  const played = /** @type {Record<string, number>} */ ({});
  report.forEach(({ type, kind, estimatedPlayoutTimestamp }) => {
    if (type === "inbound-rtp" && estimatedPlayoutTimestamp) played[kind] = estimatedPlayoutTimestamp;
  });
  const ahead = played.audio - played.video;
  return Number.isFinite(ahead) && Math.abs(ahead) < 5000 ? ahead : null;
}
