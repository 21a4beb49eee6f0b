/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./visits.js").Visit} Visit */

const DAY_MS = 86_400_000;
const SAME = 0.01; // seconds: both are rounded
const SHORTEST_SLEEP = 60; // that is told
const STALE_SECONDS = 1080; // since the last box: a sleeper is lost for fifteen minutes, and told of once a minute

/** What visits are in words. Times are the board's; all that come in are Unix time, seconds. */
export class VisitWords {
  #messages;
  #time;
  #parts;
  #date;

  /**
   * @param {Messages} messages
   * @param {string} zone of the board, in IANA's list; one that the browser does not know is the viewer's own
   */
  constructor(messages, zone) {
    const { language } = messages;
    const timeZone = known(zone);
    this.#messages = messages;
    this.#time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
    this.#date = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone });
    this.#parts = new Intl.DateTimeFormat("en", { year: "numeric", month: "numeric", day: "numeric", timeZone });
  }

  /** @param {number} a @param {number} b which day b is behind that of a, by the board's midnights */
  daysBetween(a, b) {
    return Math.round(this.#dayOf(b) - this.#dayOf(a));
  }

  /** What is seen of it. @param {Visit} visit */
  who({ class: name, most }) {
    const pet = this.#messages.className(name);
    return most > 1 ? this.#messages.text("live.visits.several", { pet, n: most }) : pet;
  }

  /**
   * When something was; with the day, where that is not today.
   * @param {number} moment
   * @param {number} now
   * @param {Visit["sure"]} sure
   */
  when(moment, now, sure = "sure") {
    const at = new Date(moment * 1000);
    const time = this.#time.format(at);
    const told = sure === "guessed" ? this.#messages.text("live.visits.about", { time }) : time;
    const ago = this.daysBetween(moment, now);
    if (ago === 0) return told;
    const day = ago === 1 ? this.#messages.text("live.visits.yesterday") : this.#date.format(at);
    return `${day} ${told}`;
  }

  /** @param {number} seconds */
  length(seconds) {
    const [s, min] = [Math.max(1, Math.round(seconds)), Math.round(seconds / 60)];
    if (s < 60) return this.#messages.text("live.length.seconds", { s });
    if (min < 60) return this.#messages.text("live.visits.minutes", { min });
    if (min % 60 === 0) return this.#messages.text("live.visits.hours", { h: min / 60 });
    return this.#messages.text("live.length.hours", { h: Math.floor(min / 60), min: min % 60 });
  }

  /** How long ago. @param {number} seconds */
  ago(seconds) {
    const [min, h] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
    if (min < 1) return this.#messages.text("live.visits.ago.now");
    if (h < 1) return this.#messages.text("live.visits.ago.minutes", { min });
    if (min % 60 === 0) return this.#messages.text("live.visits.ago.hours", { h });
    return this.#messages.text("live.visits.ago.both", { h, min: min % 60 });
  }

  /** How long it was asleep, all in all; empty where that is not worth a word. @param {Visit} visit @param {number} now */
  slept(visit, now) {
    const slept = visit.asleep.reduce((sum, [from, to]) => sum + to - from, 0);
    const since = isAsleep(visit) && isHere(visit, now) ? now - visit.asleep[visit.asleep.length - 1][1] : 0;
    if (slept + since < SHORTEST_SLEEP) return "";
    return this.#messages.text("live.visits.slept", { length: this.length(slept + since) });
  }

  /**
   * Who is here, or was last: a sentence, and what follows it.
   * @param {Visit[]} visits newest first, one at least
   * @param {number} now
   * @returns {[string, string]}
   */
  summary(visits, now) {
    const here = visits.filter((visit) => isHere(visit, now));
    const gone = lastOfEach(visits.filter((visit) => !here.includes(visit)), here);
    if (here.length) return [this.#whoIsHere(here, now), this.#also(gone, now)];
    const [last, ...others] = gone;
    if (this.daysBetween(last.end, now) !== 0) {
      return [this.#messages.text("live.visits.nobody"), this.#messages.text("live.visits.before", { pet: this.#pet(last, now) })];
    }
    const values = { pet: this.who(last), time: this.when(last.end, now, last.sure) };
    const rest = [this.ago(now - last.end), this.#also(others, now)].filter(Boolean);
    return [this.#messages.text("live.visits.last", values), rest.join(this.#messages.text("live.visits.beside"))];
  }

  /** @param {Visit[]} here newest first @param {number} now */
  #whoIsHere(here, now) {
    const pets = here.map((visit) => this.#here(visit, now)).reverse();
    return this.#messages.text("live.visits.here", { pets: this.#join(pets) });
  }

  /** Those of them that were seen today; empty where none was. @param {Visit[]} gone @param {number} now */
  #also(gone, now) {
    const pets = gone.filter(({ end }) => this.daysBetween(end, now) === 0).map((visit) => this.#pet(visit, now));
    return pets.length ? this.#messages.text("live.visits.also", { pets: this.#join(pets) }) : "";
  }

  /** @param {Visit} visit @param {number} now */
  #here(visit, now) {
    const values = { pet: this.who(visit), time: this.when(visit.begin, now, visit.sure) };
    return this.#messages.text(isAsleep(visit) ? "live.visits.here.asleep" : "live.visits.here.since", values);
  }

  /** @param {Visit} visit @param {number} now */
  #pet(visit, now) {
    return this.#messages.text("live.visits.pet", { pet: this.who(visit), time: this.when(visit.end, now, visit.sure) });
  }

  /** @param {string[]} pets */
  #join(pets) {
    return pets.join(this.#messages.text("live.visits.and"));
  }

  /** In days since 1970, whole. @param {number} moment */
  #dayOf(moment) {
    const parts = this.#parts.formatToParts(new Date(moment * 1000));
    const [year, month, day] = ["year", "month", "day"].map((name) => Number(parts.find(({ type }) => type === name)?.value));
    return Date.UTC(year, month - 1, day) / DAY_MS;
  }
}

/** Now. @param {Visit} visit */
export function isAsleep({ open, end, asleep }) {
  const last = asleep[asleep.length - 1];
  return open && last !== undefined && last[1] > end - SAME;
}

/** Whether it goes on, as far as can be told: what notices it may have died. @param {Visit} visit @param {number} now */
export function isHere({ open, end }, now) {
  return open && now - end < STALE_SECONDS;
}

/**
 * Of each class that is not here, the visit that ended last; the newest first.
 * @param {Visit[]} gone visits
 * @param {Visit[]} here
 */
function lastOfEach(gone, here) {
  const classes = new Set(here.map((visit) => visit.class));
  return [...gone].sort((a, b) => b.end - a.end).filter((visit) => !classes.has(visit.class) && classes.add(visit.class));
}

/** @param {string} zone @returns {string | undefined} */
function known(zone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
