import { byId, setText } from "../lib/dom.js";
import { MOST_AT_ONCE, urlOf } from "./library.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Recording} Recording */

const DOWNLOAD_MS = 1500; // between two: a browser that is given several at once drops some

/**
 * The recordings that are chosen, and the bar with what can be done with all of them.
 *
 * Events: `change`; `end` when nothing is to be chosen any more.
 */
export class Selection extends EventTarget {
  #messages;
  #library;
  #actions;
  /** @type {Map<string, Recording>} by names */
  #chosen = new Map();
  /** @type {Recording | null} */
  #last = null;
  #downloading = 0;

  /**
   * @param {Messages} messages
   * @param {Library} library
   * @param {{pin: (recordings: Recording[], pinned: boolean) => void, delete: (recordings: Recording[]) => void, say: (text: string) => void}} actions
   */
  constructor(messages, library, actions) {
    super();
    this.#messages = messages;
    this.#library = library;
    this.#actions = actions;
    byId("chosen-keep").addEventListener("click", () => this.#actions.pin(this.all, true));
    byId("chosen-free").addEventListener("click", () => this.#actions.pin(this.all, false));
    byId("chosen-download").addEventListener("click", () => this.#download());
    byId("chosen-delete").addEventListener("click", () => this.delete());
    byId("chosen-done").addEventListener("click", () => this.close());
    this.#show();
  }

  /** Newest first. */
  get all() {
    return [...this.#chosen.values()].sort((a, b) => (a.start < b.start ? 1 : -1));
  }

  /** @param {Recording} recording */
  has({ name }) {
    return this.#chosen.has(name);
  }

  /**
   * @param {Recording} recording
   * @param {boolean} upToHere choose all between the one before and this one
   */
  async toggle(recording, upToHere) {
    if (upToHere && this.#last) return this.#chooseAll(await this.#between(this.#last, recording));
    this.#last = recording;
    if (!this.#chosen.delete(recording.name)) return this.#chooseAll([recording]);
    this.#show();
  }

  /** All of a day, or none of it where all are chosen. @param {string} day */
  async toggleDay(day) {
    const rows = await this.#library.load(day);
    if (!rows.every((row) => this.has(row))) return this.#chooseAll(rows);
    for (const { name } of rows) this.#chosen.delete(name);
    this.#show();
  }

  /** What is no longer there is no longer chosen; the newest rows are what counts. */
  follow() {
    for (const { name, day } of this.#chosen.values()) {
      const rows = this.#library.rows(day);
      const row = rows?.find((each) => each.name === name);
      if (row) this.#chosen.set(name, row);
      else if (rows) this.#chosen.delete(name);
    }
    this.#show();
  }

  delete() {
    const free = this.all.filter(({ pinned, state }) => !pinned && state === "complete");
    if (free.length < this.#chosen.size) this.#actions.say(this.#messages.text("recordings.held"));
    if (!free.length) return;
    this.#actions.delete(free);
    this.close();
  }

  close() {
    this.#chosen.clear();
    this.#last = null;
    this.#downloading++; // which ends the one that is under way
    this.dispatchEvent(new Event("end"));
  }

  /** @param {Recording[]} recordings */
  #chooseAll(recordings) {
    for (const recording of recordings) if (this.#chosen.size < MOST_AT_ONCE) this.#chosen.set(recording.name, recording);
    this.#show();
  }

  /**
   * @param {Recording} one
   * @param {Recording} other
   */
  async #between(one, other) {
    const [newer, older] = one.day > other.day || (one.day === other.day && one.start > other.start) ? [one, other] : [other, one];
    const found = [newer];
    for (let at = newer; at.name !== older.name && found.length < MOST_AT_ONCE; found.push(at)) {
      const next = await this.#library.neighbour(at, 1);
      if (!next) break;
      at = next;
    }
    return found;
  }

  async #download() {
    const mine = ++this.#downloading;
    const all = this.all.filter(({ state }) => state === "complete");
    for (const [i, { name }] of all.entries()) {
      this.#actions.say(this.#messages.text("recordings.downloading", { i: i + 1, n: all.length }));
      const link = document.createElement("a");
      Object.assign(link, { href: `${urlOf(name)}?download`, download: name });
      link.click();
      await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_MS));
      if (mine !== this.#downloading) return;
    }
  }

  #show() {
    const { size } = this.#chosen;
    const full = size >= MOST_AT_ONCE ? "recordings.chosen.most" : "recordings.chosen";
    setText(byId("chosen-count"), this.#messages.text(full, { n: size }));
    for (const button of byId("chosen").querySelectorAll(".act")) button.disabled = !size;
    this.dispatchEvent(new Event("change"));
  }
}
