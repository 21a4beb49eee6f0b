import { refusalOf } from "../lib/http.js";

/** @typedef {import("../lib/http.js").ServerError} ServerError */

const REOPEN_MS = 500;

/**
 * A stream of the server's events. It is open only while the page is seen, and opened anew after it failed.
 *
 * Events: those that the maker named (detail: what the server sent); `close` when it ends because nobody looks;
 * `statechange` when it opens or fails (`connected`, `refusal`).
 */
export class EventStream extends EventTarget {
  #url;
  #names;
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {EventSource | null} */
  #source = null;
  #connected = false;
  /** @type {ServerError | null} */
  #refusal = null;
  #reopenTimer = 0;
  #seenElsewhere = false;

  /**
   * @param {string} url
   * @param {Record<string, string>} names of the server's events, each with that of ours
   */
  constructor(url, names) {
    super();
    this.#url = url;
    this.#names = names;
  }

  get connected() {
    return this.#connected;
  }

  /** Why the server opens no stream, where it said so. */
  get refusal() {
    return this.#refusal;
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    document.addEventListener("visibilitychange", () => this.#followVisibility(), { signal: this.#life.signal });
    this.#followVisibility();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.#hangUp();
  }

  /** Whether what it brings is shown outside of the page too. @param {boolean} seen */
  setSeenElsewhere(seen) {
    this.#seenElsewhere = seen;
    if (this.#life) this.#followVisibility();
  }

  #followVisibility() {
    if (document.hidden && !this.#seenElsewhere) this.#hangUp();
    else if (!this.#source) this.#open();
  }

  #open() {
    clearTimeout(this.#reopenTimer);
    const source = new EventSource(this.#url);
    source.onopen = () => this.#setConnected(true);
    source.onerror = () => this.#handleError(source);
    for (const [name, ours] of Object.entries(this.#names)) {
      source.addEventListener(name, ({ data }) => this.dispatchEvent(new CustomEvent(ours, { detail: JSON.parse(data) })));
    }
    this.#source = source;
  }

  /**
   * EventSource gives up for good after a 503, without a word why, so one way serves for every failure.
   * @param {EventSource} source
   */
  async #handleError(source) {
    const answered = source.readyState === EventSource.CLOSED;
    source.close();
    this.#setConnected(false);
    const refusal = answered ? await refusalOf(this.#url) : null;
    if (source !== this.#source) return; // the page was hidden meanwhile
    this.#setConnected(false, refusal);
    this.#reopenTimer = setTimeout(() => this.#open(), Math.max(REOPEN_MS, 1000 * (refusal?.retryAfter ?? 0)));
  }

  #hangUp() {
    clearTimeout(this.#reopenTimer);
    this.#source?.close();
    this.#source = null;
    this.#setConnected(false);
    this.dispatchEvent(new Event("close"));
  }

  /**
   * @param {boolean} connected
   * @param {ServerError | null} [refusal]
   */
  #setConnected(connected, refusal = null) {
    if (connected === this.#connected && refusal === this.#refusal) return;
    this.#connected = connected;
    this.#refusal = refusal;
    this.dispatchEvent(new Event("statechange"));
  }
}
