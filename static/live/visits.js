import { fetchJSON, ServerError, sitePath } from "../lib/http.js";
import { EventStream } from "./event_stream.js";

/**
 * @typedef {object} Visit as `GET /api/events` has it; times are Unix time in seconds
 * @property {number} id
 * @property {string} kind
 * @property {string} class
 * @property {number} begin
 * @property {number} end its last box so far
 * @property {"sure" | "likely" | "guessed"} sure
 * @property {boolean} open
 * @property {number} most how many at once
 * @property {boolean} still
 * @property {[number, number][]} asleep
 * @property {{time: number} | null} best
 * @property {{name: string, offset: number}[]} recordings those that are left, oldest first
 * @property {"here" | "gone" | "none" | "away"} video the last while the recordings' disk is not there
 */

const URL_OF_LIST = sitePath("/api/events");
const URL_OF_STREAM = sitePath("/api/events/stream");
const KIND = "visit";
const NEWEST = 24; // more than are shown: one that goes on may have begun long before these
const TIMEOUT_MS = 3000;
const RETRY_MS = 10_000;
const EMPTY_MS = 30_000; // a board that has never noticed anything, or whose events nobody keeps

/**
 * The newest visits, and those that begin, change and end while the page is seen.
 *
 * Where the list is empty it is asked for again now and then, and no stream is opened. Events: `change`.
 */
export class Visits extends EventTarget {
  #stream = new EventStream(URL_OF_STREAM, { begin: "told", change: "told", end: "told" });
  /** @type {Map<number, Visit>} */
  #visits = new Map();
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  #ahead = 0; // of performance.now(), seconds: with it the server's time
  #timer = 0;
  #asked = 0; // lists
  #newest = 0; // of them, that has come
  #underWay = 0; // of them
  /** @type {Map<number, Visit>} told since the first of these was asked for, which may not have them */
  #told = new Map();

  constructor() {
    super();
    this.#stream.addEventListener("told", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    this.#stream.addEventListener("statechange", () => this.#stream.connected && this.refresh());
  }

  /** Newest first. */
  get all() {
    return [...this.#visits.values()].sort((a, b) => b.id - a.id);
  }

  /** The server's, whatever this machine's clock says: Unix time, seconds. */
  get now() {
    return this.#ahead + performance.now() / 1000;
  }

  /** Settled once it is known whether there are any, or that this cannot be known now. */
  async start() {
    if (this.#life) return;
    this.#life = new AbortController();
    document.addEventListener("visibilitychange", () => this.#followVisibility(), { signal: this.#life.signal });
    await this.#followVisibility();
  }

  /** Undo start(). */
  close() {
    clearTimeout(this.#timer);
    this.#life?.abort();
    this.#life = null;
    this.#stream.close();
  }

  async #followVisibility() {
    clearTimeout(this.#timer);
    if (!document.hidden) await this.refresh();
  }

  /** Read the list anew. */
  async refresh() {
    const signal = this.#life?.signal;
    const turn = ++this.#asked;
    this.#underWay++;
    clearTimeout(this.#timer);
    try {
      const { events, now } = await fetchJSON(`${URL_OF_LIST}?kind=${KIND}&limit=${NEWEST}`, { timeout: TIMEOUT_MS, signal });
      if (turn < this.#newest) return; // they came in another order
      this.#newest = turn;
      this.#read(events, now);
    } catch (error) {
      if (signal && !signal.aborted) this.#handleError(error);
    } finally {
      if (!--this.#underWay) this.#told.clear();
    }
  }

  /**
   * @param {Visit[]} events
   * @param {number} now
   */
  #read(events, now) {
    if (!this.#life) return;
    this.#ahead = now - performance.now() / 1000;
    this.#visits = new Map([...events, ...this.#told.values()].map((visit) => [visit.id, visit]));
    if (events.length) this.#stream.start();
    else this.#askLater(EMPTY_MS);
    this.dispatchEvent(new Event("change"));
  }

  /** What was shown stays. @param {unknown} error */
  #handleError(error) {
    const isRefused = error instanceof ServerError && error.status < 500; // and would be again
    if (!isRefused) this.#askLater(RETRY_MS);
  }

  /** @param {number} ms */
  #askLater(ms) {
    if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), ms);
  }

  /** @param {Visit} visit */
  #take(visit) {
    if (visit.kind !== KIND) return;
    this.#visits.set(visit.id, visit);
    if (this.#underWay) this.#told.set(visit.id, visit);
    const all = this.all;
    for (const old of all.slice(NEWEST)) if (!old.open) this.#visits.delete(old.id);
    this.dispatchEvent(new Event("change"));
  }
}
