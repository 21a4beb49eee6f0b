import { dateFormat } from "../lib/format.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */

/** Days and times as the page's language writes them. */
export class Dates {
  #messages;
  #time;
  #day;

  /** @param {Messages} messages */
  constructor(messages) {
    const { language } = messages;
    this.#messages = messages;
    this.#time = dateFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.#day = dateFormat(language, { year: "numeric", month: "long", day: "numeric", weekday: "short" });
  }

  /** @param {Date} date */
  time(date) {
    return this.#time(date);
  }

  /** @param {Date} date its day, as a heading */
  day(date) {
    const names = /** @type {const} */ (["recordings.today", "recordings.yesterday"]);
    const now = new Date();
    const ago = names.findIndex((_, days) => isDay(date, new Date(now.getFullYear(), now.getMonth(), now.getDate() - days)));
    const full = this.#day(date);
    return ago < 0 ? full : `${this.#messages.text(names[ago])} · ${full}`;
  }
}

/**
 * @param {Date} a
 * @param {Date} b
 */
export function isDay(a, b) {
  return a.toDateString() === b.toDateString();
}
