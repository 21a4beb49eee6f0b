/** @typedef {import("./playout_delay.js").PlayoutDelay} PlayoutDelay */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */

const LOOK_MS = 400;
const READINGS = 3; // from one step to the next: the browser takes a second to follow; the middle one counts
const AIM_MS = 32; // by which sound is ahead by a browser's word: it comes out that much later, beside its pictures
const NEAR_MS = 4; // nobody sees or hears less; to follow it would only stir
const GAIN = 0.5; // of what is missing, for each step
const MOST_STEP_MS = 60;
const LEAST_BUFFER_MS = 25; // of sound, which no browser goes below
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
  #soundWaits = 0; // as the browser was told
  #buffered = 0; // ms for which it does wait
  #delaySum = 0; // seconds, of all samples that came out so far
  #count = 0; // of those

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
    this.#ticker = 0;
    this.#readings = [];
    this.#soundWaits = this.#buffered = this.#delaySum = this.#count = 0;
    this.#playoutDelay.forSound = 0;
  }

  async #look() {
    const { call } = this.#client;
    const report = await this.#client.stats().catch(() => null);
    if (!report || !this.#ticker || call !== this.#client.call) return;
    this.#noteBuffer(report);
    const ahead = soundAhead(report);
    if (ahead !== null) this.#readings.push(ahead - AIM_MS);
    if (this.#readings.length < READINGS) return;
    const [, middle] = this.#readings.sort((a, b) => a - b);
    this.#readings = [];
    if (Math.abs(middle) > NEAR_MS) this.#steer(Math.max(-MOST_STEP_MS, Math.min(MOST_STEP_MS, GAIN * middle)));
  }

  /**
   * Both are led from where they are: what a browser is told below that changes nothing.
   * @param {number} ahead ms of which sound is to wait more, or the picture less
   */
  #steer(ahead) {
    const picture = this.#playoutDelay;
    const soundObeys = this.#soundWaits > this.#buffered - NEAR_MS; // else the network has it wait longer
    if (ahead > 0 ? picture.canWaitLess : !soundObeys) {
      picture.forSound = Math.max(0, Math.min(MOST_MS, picture.held - ahead));
    }
    if (ahead > 0 && !picture.canWaitLess) this.#delaySound(Math.max(this.#soundWaits, this.#buffered) + ahead);
    else if (ahead < 0) this.#delaySound(this.#soundWaits + ahead);
  }

  /** @param {number} milliseconds */
  #delaySound(milliseconds) {
    const waits = milliseconds > LEAST_BUFFER_MS ? Math.min(MOST_MS, milliseconds) : 0;
    if (waits !== this.#soundWaits) this.#client.call?.setSoundDelay(waits);
    this.#soundWaits = waits;
  }

  /** For how long sound has waited since the last look. @param {RTCStatsReport} report */
  #noteBuffer(report) {
    report.forEach(({ type, kind, jitterBufferDelay, jitterBufferEmittedCount }) => {
      if (type !== "inbound-rtp" || kind !== "audio") return;
      const [delay, count] = [jitterBufferDelay - this.#delaySum, jitterBufferEmittedCount - this.#count];
      if (count > 0) this.#buffered = (1000 * delay) / count;
      this.#delaySum = jitterBufferDelay;
      this.#count = jitterBufferEmittedCount;
    });
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
