import { fetchJSON, sitePath } from "../lib/http.js";

const LIST = sitePath("/api/recordings");
const PAGE = 24;
const MOST = 1000; // that the server gives at once
const TIMEOUT_MS = 10_000; // ten thousand names on a slow card

/** @typedef {"complete" | "recording" | "unfinished"} RecordingState */
/**
 * @typedef {object} Recording one of GET /api/recordings (docs/http-api.md)
 * @property {string} name
 * @property {string} start
 * @property {number} duration seconds
 * @property {number} size bytes
 * @property {number | null} frames
 * @property {boolean} pinned
 * @property {RecordingState} state
 */

/** @param {string} name of a recording */
export function urlOf(name) {
  return `${LIST}/${encodeURIComponent(name)}`;
}

/**
 * The recordings as the server knows them: the newest page, and as many more as were asked for.
 *
 * Events: `change`; `trouble` with the error as its detail.
 */
export class Library extends EventTarget {
  /** @type {Recording[]} newest first */
  #recordings = [];
  #numbers = { total: 0, used: 0, free: 0, thumbnails: false };
  #next = "";
  #wanted = PAGE;
  #loaded = false;
  /** @type {Promise<void> | null} */
  #loading = null;

  get recordings() {
    return this.#recordings;
  }

  /** All recordings in numbers, and what the disk has left: bytes. */
  get numbers() {
    return this.#numbers;
  }

  get hasMore() {
    return this.#next !== "";
  }

  get loaded() {
    return this.#loaded;
  }

  /** Load anew what is shown. */
  async refresh() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    await this.#loading;
  }

  async more() {
    this.#wanted = this.#recordings.length + PAGE;
    await this.#loading;
    await this.refresh();
  }

  /**
   * @param {string} name
   * @param {boolean} pinned
   */
  async pin(name, pinned) {
    await this.#change(`${urlOf(name)}/pin`, pinned ? "PUT" : "DELETE");
  }

  /** @param {string} name */
  async delete(name) {
    await this.#change(urlOf(name), "DELETE");
  }

  /**
   * @param {string} url
   * @param {string} method
   */
  async #change(url, method) {
    try {
      await fetchJSON(url, { method });
    } finally {
      await this.#loading; // it may have looked before
      await this.refresh(); // whatever happened, the server knows
    }
  }

  async #load() {
    try {
      const { recordings, next, ...numbers } = await fetchJSON(`${LIST}?limit=${Math.min(this.#wanted, MOST)}`, { timeout: TIMEOUT_MS });
      this.#recordings = recordings;
      this.#next = next;
      while (this.#next && this.#recordings.length < this.#wanted) await this.#append();
      this.#numbers = numbers;
      this.#loaded = true;
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
    }
  }

  async #append() {
    const limit = Math.min(this.#wanted - this.#recordings.length, MOST);
    const page = await fetchJSON(`${LIST}?limit=${limit}&before=${encodeURIComponent(this.#next)}`, { timeout: TIMEOUT_MS });
    this.#recordings = [...this.#recordings, ...page.recordings];
    this.#next = page.next;
  }
}
