import { fetchJSON, ServerError } from "../lib/http.js";
import { urlOf } from "./library.js";
import { TICKS } from "./recorded_picture.js";

/** @typedef {import("../lib/detection_ring.js").DetectionResult} DetectionResult */
/** @typedef {{ticks: number, result: DetectionResult}} Frame that the detector looked at; ticks since the recording's first */
/** @typedef {[string, number, number, number, number, number]} Box class name, score, left, top, width, height */

const PART = 20 * TICKS; // that is asked for at once
const BEFORE = 5 * TICKS; // the place that was jumped to: boxes are drawn for a while, and on their way from one to the next
const AHEAD = 10 * TICKS; // the least that is there beyond the place
const KEPT = 20 * TICKS; // behind the place
const AGAIN_MS = 1000; // until a file that grows, or a server that failed, is asked again
const TRIES = 5; // for one place in vain, and of a recording that is not found
const SLOW = 0.15 * TICKS; // between results: more, and the frame of the one before has gone

/**
 * The boxes of one recording, as far as they are around the place that is shown. They come in parts: all that there is from
 * `begin` to `end` is there.
 *
 * Events: `change`.
 */
export class RecordedBoxes extends EventTarget {
  #url;
  #isGrowing;
  /** @type {Frame[]} oldest first */
  #frames = [];
  #begin = 0; // ticks
  #end = 0;
  #place = 0;
  #tries = 0; // in vain
  #misses = 0; // the server knows no such recording: while it is renamed, or for good
  /** @type {AbortController | null} of the request that is under way */
  #request = null;
  #asked = 0; // from where on
  #timer = 0; // until the next try; 0 is none

  /**
   * @param {string} name of the recording
   * @param {() => boolean} isGrowing
   */
  constructor(name, isGrowing) {
    super();
    this.#url = `${urlOf(name)}/boxes`;
    this.#isGrowing = isGrowing;
  }

  /** Oldest first, with those that say that nothing was there also where the file leaves them out. @returns {DetectionResult[]} */
  get results() {
    const gap = usualGap(this.#frames);
    return this.#frames.flatMap(({ ticks, result }, i) => {
      const before = this.#frames[i - 1];
      const wasEmpty = before && !before.result.detections.length && ticks - gap > before.ticks;
      return wasEmpty ? [{ ...before.result, rtp_timestamp: (ticks - gap) >>> 0 }, result] : [result];
    });
  }

  /** This place is shown, or is about to be. @param {number} ticks */
  follow(ticks) {
    if (ticks !== this.#place) this.#tries = 0;
    this.#place = ticks;
    if (!isNear(ticks, this.#asked)) this.#stop(); // what comes would be of no use
    if (!this.#request && !this.#timer) this.#load();
  }

  /**
   * The time of the frame that is shown so far into the recording, or the moment itself where no result tells: for a
   * browser that does not say it.
   * @param {number} seconds
   */
  timeOf(seconds) {
    const moment = Math.floor(seconds * TICKS);
    const next = this.#frames.findIndex(({ ticks }) => ticks > moment);
    const i = (next < 0 ? this.#frames.length : next) - 1;
    const ticks = this.#frames[i]?.ticks ?? moment;
    return (this.#frames[i + 1]?.ticks ?? moment) - ticks <= SLOW ? ticks : moment;
  }

  close() {
    this.#stop();
  }

  #stop() {
    this.#request?.abort();
    this.#request = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  get #isThere() {
    return this.#begin <= this.#place && this.#place <= this.#end;
  }

  async #load() {
    if (this.#tries > TRIES || this.#misses > TRIES || (this.#isThere && this.#end - this.#place >= AHEAD)) return;
    const begin = this.#isThere ? this.#end : Math.max(0, this.#place - BEFORE);
    const request = new AbortController();
    this.#request = request;
    this.#asked = begin;
    try {
      const [from, to] = [begin, begin + PART].map((ticks) => (ticks / TICKS).toFixed(6));
      const part = await fetchJSON(`${this.#url}?from=${from}&to=${to}`, { signal: request.signal });
      if (!request.signal.aborted) this.#take(part, begin);
    } catch (error) {
      if (!request.signal.aborted) this.#handleError(error);
    }
  }

  /**
   * @param {{width: number, height: number, frames: [number, Box[]][], more?: number}} part
   * @param {number} begin
   */
  #take({ width, height, frames, more }, begin) {
    const came = frames.map(([ticks, boxes]) => ({ ticks, result: resultOf(ticks, boxes, width, height) }));
    if (begin !== this.#end || !this.#isThere) [this.#frames, this.#begin] = [[], begin];
    this.#end = this.#endOf(came, begin, more);
    this.#begin = Math.max(this.#begin, this.#place - KEPT);
    this.#frames = [...this.#frames.filter(({ ticks }) => ticks >= this.#begin), ...came];
    this.#request = null;
    this.#tries = this.#end === begin ? this.#tries + 1 : 0;
    this.dispatchEvent(new Event("change"));
    if (this.#tries || (this.#isGrowing() && more === undefined)) this.#tryLater();
    else this.#load();
  }

  /**
   * Up to where there will be no others: to a file that grows they come later than their frames, but in their order.
   * @param {Frame[]} came
   * @param {number} begin
   * @param {number | undefined} more
   */
  #endOf(came, begin, more) {
    if (this.#isGrowing()) return came.length ? came[came.length - 1].ticks + 1 : begin;
    return more ?? begin + PART;
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.#request = null;
    this.#tries++;
    if (error instanceof ServerError && error.status === 404) this.#misses++;
    this.#tryLater();
  }

  #tryLater() {
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#load();
    }, AGAIN_MS);
  }
}

/**
 * Whether what begins there is of use for the place.
 * @param {number} place
 * @param {number} begin
 */
function isNear(place, begin) {
  return begin - AHEAD <= place && place <= begin + PART;
}

/**
 * From one result to the next, ticks; 1 where that is not known. Behind one that is empty others may have been left out.
 * @param {Frame[]} frames
 */
function usualGap(frames) {
  const gaps = frames.slice(1).map(({ ticks }, i) => (frames[i].result.detections.length ? ticks - frames[i].ticks : 0));
  const known = gaps.filter(Boolean).sort((a, b) => a - b);
  return known[(known.length - 1) >> 1] ?? 1;
}

/**
 * @param {number} ticks
 * @param {Box[]} boxes
 * @param {number} width
 * @param {number} height
 * @returns {DetectionResult}
 */
function resultOf(ticks, boxes, width, height) {
  const detections = boxes.map(([class_name, confidence, x, y, w, h]) => ({ class_name, confidence, bbox: { x, y, w, h } }));
  return { detections, frame_number: 0, rtp_timestamp: ticks >>> 0, width, height };
}
