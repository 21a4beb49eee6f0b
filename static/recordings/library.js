import { fetchJSON, postJSON, ServerError, sitePath } from "../lib/http.js";

const LIST = sitePath("/api/recordings");
const MOST = 1000; // rows that the server gives at once
const RUN = 200; // recordings of several days that are asked for at once
const KEPT = 5000; // rows, and then those of days that nobody looks at are forgotten
const BATCH = 50; // changes in one request: a slow card takes a while for each
const TIMEOUT_MS = 20_000; // fifty thousand names on a slow card
const NOT_MODIFIED = 304;

const NOTHING = { total: 0, used: 0, free: 0, thumbnails: false, today: "" };

/** The most that are changed at once, and that a page which is left can still tell the server of. */
export const MOST_AT_ONCE = 500;

/** @typedef {"complete" | "recording" | "unfinished"} RecordingState */
/** @typedef {"hand" | "visit" | "always"} RecordingKind who wanted it */
/**
 * @typedef {object} Recording one of GET /api/recordings (docs/http-api.md)
 * @property {string} name
 * @property {string} day YYYY-MM-DD
 * @property {string} start
 * @property {number} duration seconds
 * @property {number} size bytes
 * @property {number | null} frames
 * @property {number | null} width pixels
 * @property {number | null} height
 * @property {boolean} pinned
 * @property {RecordingKind} kind
 * @property {RecordingState} state
 */
/** @typedef {{day: string, count: number}} Day */
/** @typedef {{name: string, error: string, message: string}} Failure */
/** @typedef {"" | "kept=yes" | "kept=no" | "kind=hand" | "kind=visit" | "kind=always"} Filter what of the recordings is shown; a part of the server's query */

/** @param {string} name of a recording */
export function urlOf(name) {
  return `${LIST}/${encodeURIComponent(name)}`;
}

/**
 * Whether two names are the same recording's: what is recorded always may become a visit's.
 * @param {string} name
 * @param {string | undefined} other
 */
export function areSame(name, other) {
  return name.replace("~always", "~visit") === other?.replace("~always", "~visit");
}

/**
 * The recordings as the server knows them: how many there are of each day, and the rows of those days that are looked at.
 *
 * Events: `change`; `trouble` with the error as its detail.
 */
export class Library extends EventTarget {
  /** @type {Day[]} newest first */
  #days = [];
  #numbers = NOTHING;
  /** @type {Filter} */
  #filter = "";
  #version = "";
  /** @type {Map<string, Recording[]>} by their days; newest first */
  #rows = new Map();
  /** @type {Set<string>} days whose rows are to be asked for again */
  #stale = new Set();
  /** @type {Set<string>} days that are looked at */
  #near = new Set();
  /** @type {Set<string>} days that somebody waits for */
  #awaited = new Set();
  /** @type {Map<string, string>} the days of recordings that are not shown although they are still there, by their names */
  #hidden = new Map();
  /** @type {Set<string>} hidden ones of which the server will say whether they are gone */
  #given = new Set();
  /** @type {Promise<void> | null} */
  #refreshing = null;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** Those that have recordings to show. @returns {Day[]} */
  get days() {
    /** @type {Map<string, number>} */
    const fewer = new Map();
    for (const day of this.#hidden.values()) fewer.set(day, (fewer.get(day) ?? 0) + 1);
    const count = (/** @type {Day} */ { day, count }) => this.rows(day)?.length ?? count - (fewer.get(day) ?? 0);
    return this.#days.map((each) => ({ day: each.day, count: count(each) })).filter((each) => each.count > 0);
  }

  /** All recordings in numbers, what the disk has left (bytes), and what the camera calls today. */
  get numbers() {
    return this.#numbers;
  }

  get filter() {
    return this.#filter;
  }

  /** @param {string} day @returns {Recording[] | undefined} undefined while they are not known */
  rows(day) {
    return this.#rows.get(day)?.filter(({ name }) => !this.#hidden.has(name));
  }

  /** @param {Filter} filter */
  async setFilter(filter) {
    this.#filter = filter;
    this.#version = "";
    await this.#refreshing; // of what was shown until now
    await this.#loading;
    this.#rows.clear();
    this.#version = "";
    await this.refresh();
  }

  /** What was said of another disk. */
  forgetAll() {
    this.#take({ days: [], version: "", ...NOTHING });
  }

  /** Ask anew. */
  async refresh() {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    await this.#refreshing;
  }

  /** The rows of these days are wanted, of others no more. @param {Iterable<string>} days */
  look(days) {
    this.#near = new Set(days);
    this.#load();
  }

  /** The rows of a day. @param {string} day */
  async load(day) {
    this.#awaited.add(day);
    for (let tries = 0; tries < 2 && !this.#rows.has(day); tries++) await this.#load();
    this.#awaited.delete(day);
    return this.rows(day) ?? [];
  }

  /**
   * The recording before (-1) or behind (1) another one in the order of the page, null where there is none.
   * @param {{day: string, name: string}} of one that is there, or hidden since
   * @param {-1 | 1} step
   * @returns {Promise<Recording | null>}
   */
  async neighbour({ day, name }, step) {
    const all = this.#rows.get(day) ?? (await this.load(day));
    for (let at = all.findIndex((row) => areSame(row.name, name)) + step; all[at]; at += step) {
      if (!this.#hidden.has(all[at].name)) return all[at];
    }
    const others = this.days.filter((each) => (step > 0 ? each.day < day : each.day > day));
    const next = step > 0 ? others[0] : others[others.length - 1];
    const rows = next ? await this.load(next.day) : [];
    return (step > 0 ? rows[0] : rows[rows.length - 1]) ?? null;
  }

  /**
   * Where its name says that it is, or a day off: the board's time zone may have been another.
   * @param {string} name
   * @returns {Promise<Recording | null | undefined>} null where there is none; undefined where that is not known
   */
  async find(name) {
    const found = await this.#findIn(name);
    if (found) return found;
    await this.#refreshing; // which may have been asked before there was one
    await this.refresh();
    return this.#findIn(name);
  }

  /** @param {string} name */
  async #findIn(name) {
    const [, year, month, date] = /^petcam_(\d{4})(\d\d)(\d\d)-/.exec(name) ?? [];
    if (!year) return undefined;
    const near = (/** @type {string} */ day) => Math.abs(Date.parse(day) - Date.parse(`${year}-${month}-${date}`)) <= 86_400_000;
    const days = this.days.filter(({ day }) => near(day));
    for (const { day } of days) {
      const found = (await this.load(day)).find((row) => areSame(row.name, name));
      if (found) return found;
    }
    return this.#numbers.today && days.every(({ day }) => this.#rows.has(day)) ? null : undefined;
  }

  /** Show them no more, before they are deleted. @param {Recording[]} recordings */
  hide(recordings) {
    for (const { name, day } of recordings) this.#hidden.set(name, day);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Recording[]} recordings */
  unhide(recordings) {
    for (const { name } of recordings) this.#hidden.delete(name);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {Recording[]} recordings
   * @returns {Promise<Failure[]>}
   */
  async delete(recordings) {
    try {
      const failed = await this.#changeAll("delete", recordings);
      const kept = new Set(failed.map(({ name }) => name));
      for (const row of recordings) if (!kept.has(row.name)) this.#drop(row);
      return failed;
    } finally {
      this.unhide(recordings);
      await this.#again();
    }
  }

  /** By a page that is left, or put away: nobody may hear the answer. @param {Recording[]} recordings that are hidden */
  deleteAtTheEnd(recordings) {
    for (const { name } of recordings) this.#given.add(name);
    navigator.sendBeacon(`${LIST}/delete`, JSON.stringify({ names: recordings.map(({ name }) => name) }));
  }

  /**
   * @param {Recording[]} recordings
   * @param {boolean} pinned
   * @returns {Promise<Failure[]>}
   */
  async pin(recordings, pinned) {
    try {
      return await this.#changeAll(pinned ? "pin" : "unpin", recordings);
    } finally {
      await this.#again();
    }
  }

  /**
   * @param {"delete" | "pin" | "unpin"} what
   * @param {Recording[]} recordings
   * @returns {Promise<Failure[]>}
   */
  async #changeAll(what, recordings) {
    const failed = [];
    for (let at = 0; at < recordings.length; at += BATCH) {
      const names = recordings.slice(at, at + BATCH).map(({ name }) => name);
      failed.push(...(await postJSON(`${LIST}/${what}`, { names }, { timeout: TIMEOUT_MS })).failed);
    }
    return failed;
  }

  // Whatever happened, the server knows; what is under way may have been asked before.
  async #again() {
    await this.#refreshing;
    await this.#loading;
    for (const day of this.#rows.keys()) this.#stale.add(day);
    await this.refresh();
  }

  /** @param {Recording} recording that is gone */
  #drop({ name, day }) {
    const rows = this.#rows.get(day);
    if (rows) this.#rows.set(day, rows.filter((row) => row.name !== name));
    this.#days = this.#days.map((each) => (each.day === day ? { day, count: each.count - 1 } : each));
  }

  async #refresh() {
    try {
      const told = await this.#askForDays();
      if (told) this.#take(told);
      else this.#expectGrowth();
      this.dispatchEvent(new Event("change"));
      await this.#load();
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }

  async #askForDays() {
    const headers = this.#version ? { "If-None-Match": `"${this.#version}"` } : undefined;
    try {
      const told = await fetchJSON(`${LIST}/days?${this.#filter}`, { timeout: TIMEOUT_MS, headers });
      if (!Array.isArray(told.days)) throw new TypeError("no days");
      return told;
    } catch (error) {
      if (error instanceof ServerError && error.status === NOT_MODIFIED) return null;
      throw error;
    }
  }

  /** @param {any} told the days, and all recordings in numbers */
  #take({ days, version, ...numbers }) {
    this.#days = days;
    this.#version = version;
    this.#numbers = numbers;
    for (const name of this.#given) this.#hidden.delete(name);
    this.#given.clear();
    const known = new Set(this.#days.map(({ day }) => day));
    for (const day of this.#rows.keys()) {
      if (known.has(day) && this.#near.has(day)) this.#stale.add(day);
      else this.#rows.delete(day);
    }
  }

  #expectGrowth() {
    for (const [day, rows] of this.#rows) if (rows.some(({ state }) => state !== "complete")) this.#stale.add(day);
  }

  /** Until everything that is wanted is there. */
  async #load() {
    this.#loading ??= this.#loadAll().finally(() => (this.#loading = null));
    await this.#loading;
  }

  async #loadAll() {
    try {
      for (let run = this.#nextRun(); run.length; run = this.#nextRun()) await this.#loadRun(run);
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** @param {string[]} run days */
  async #loadRun(run) {
    const rows = await this.#ask(run[run.length - 1], run[0]);
    for (const day of run) {
      this.#rows.set(day, rows.filter((row) => row.day === day));
      this.#stale.delete(day);
    }
    this.#forget();
    this.dispatchEvent(new Event("change"));
  }

  /** Days that follow each other, and whose rows one answer can have. */
  #nextRun() {
    const run = [];
    let recordings = 0;
    for (const { day, count } of this.#days) {
      const isWanted = this.#near.has(day) || this.#awaited.has(day);
      if (isWanted && (!this.#rows.has(day) || this.#stale.has(day)) && (!run.length || recordings + count <= RUN)) {
        run.push(day);
        recordings += count;
      } else if (run.length) break;
    }
    return run;
  }

  /**
   * @param {string} first
   * @param {string} last
   * @returns {Promise<Recording[]>}
   */
  async #ask(first, last) {
    const rows = [];
    for (let next = null; next !== ""; ) {
      const before = next ? `&before=${encodeURIComponent(next)}` : "";
      const page = await fetchJSON(`${LIST}?limit=${MOST}&from=${first}&to=${last}&${this.#filter}${before}`, { timeout: TIMEOUT_MS });
      rows.push(...page.recordings);
      next = page.next ?? "";
    }
    return rows;
  }

  #forget() {
    let rows = 0;
    for (const each of this.#rows.values()) rows += each.length;
    for (const [day, { length }] of this.#rows) {
      if (rows <= KEPT) return;
      if (this.#near.has(day) || this.#awaited.has(day)) continue;
      this.#rows.delete(day);
      rows -= length;
    }
  }
}
