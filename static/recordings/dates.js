import { dateFormat } from "../lib/format.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */

const DAY_MS = 86_400_000;

/**
 * Days and times as the page's language writes them. They are the camera's own, as the server says them, also for who is in
 * another time zone: a day has the same recordings everywhere.
 */
export class Dates {
  #messages;
  #formats;
  /** What the camera calls today, YYYY-MM-DD. */
  today = "";

  /** @param {Messages} messages */
  constructor(messages) {
    const make = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
      dateFormat(messages.language, { ...options, timeZone: "UTC" });
    const weekday = /** @type {const} */ ("short");
    this.#messages = messages;
    this.#formats = {
      time: make({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      fullDay: make({ year: "numeric", month: "long", day: "numeric", weekday }),
      day: make({ month: "long", day: "numeric", weekday }),
      moment: make({ month: "long", day: "numeric", weekday, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      month: make({ year: "numeric", month: "long" }),
      weekday: make({ weekday }),
    };
  }

  /** @param {string} start of a recording: local time with its offset */
  time(start) {
    return write(this.#formats.time, `${start}`.slice(0, 19));
  }

  /** The day of a recording. @param {string} start */
  date(start) {
    return write(this.#formats.day, `${start}`.slice(0, 10));
  }

  /** Day and time. @param {string} start */
  moment(start) {
    return write(this.#formats.moment, `${start}`.slice(0, 19));
  }

  /** As a heading, with the year where it is another one. @param {string} day */
  day(day) {
    const names = /** @type {const} */ (["recordings.today", "recordings.yesterday"]);
    const ago = (dateOf(this.today).getTime() - dateOf(day).getTime()) / DAY_MS;
    const date = day.slice(0, 4) === this.today.slice(0, 4) ? write(this.#formats.day, day) : this.fullDay(day);
    return names[ago] ? `${this.#messages.text(names[ago])} · ${date}` : date;
  }

  /** @param {string} day */
  fullDay(day) {
    return write(this.#formats.fullDay, day);
  }

  /** @param {string} day any of the month's */
  month(day) {
    return write(this.#formats.month, day);
  }

  /** @param {string} day */
  weekday(day) {
    return write(this.#formats.weekday, day);
  }
}

/**
 * The day so many days behind.
 * @param {string} day YYYY-MM-DD
 * @param {number} days
 */
export function addDays(day, days) {
  return new Date(dateOf(day).getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

/** @param {string} day YYYY-MM-DD */
export function dateOf(day) {
  return new Date(`${day}T00:00:00Z`);
}

/**
 * @param {(date: Date) => string} format
 * @param {string} moment a day, or a day and a time
 */
function write(format, moment) {
  const date = new Date(moment.length > 10 ? `${moment}Z` : `${moment}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? moment : format(date);
}
