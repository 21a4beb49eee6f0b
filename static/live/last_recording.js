/** @typedef {import("../lib/messages.js").Messages} Messages */

const TODAY = 0;
const YESTERDAY = -1;

/**
 * What the newest recording is to a person: "Last: today 21:23, 13 s".
 * @param {Date} start
 * @param {number} duration seconds
 * @param {Messages} messages
 * @param {Date} [now]
 */
export function lastWords(start, duration, messages, now = new Date()) {
  return messages.text("live.last", { when: when(start, now, messages.language), length: length(duration, messages) });
}

/**
 * @param {Date} start
 * @param {Date} now
 * @param {string} language
 */
function when(start, now, language) {
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(start);
  return `${day(start, now, language)} ${time}`;
}

/**
 * @param {Date} start
 * @param {Date} now
 * @param {string} language
 */
function day(start, now, language) {
  const days = Math.round((midnight(start) - midnight(now)) / 86_400_000); // a day of 23 or 25 hours is one, too
  if (days !== TODAY && days !== YESTERDAY) {
    return new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short" }).format(start);
  }
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
}

/** @param {Date} time */
function midnight(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/**
 * @param {number} duration seconds
 * @param {Messages} messages
 */
function length(duration, messages) {
  const s = Math.round(duration);
  if (s < 60) return messages.text("live.length.seconds", { s });
  if (s < 3600) return messages.text("live.length.minutes", { min: Math.floor(s / 60), s: s % 60 });
  return messages.text("live.length.hours", { h: Math.floor(s / 3600), min: Math.floor(s / 60) % 60 });
}
