import { setText } from "../lib/dom.js";
import { make } from "../lib/make.js";
import { isNextDay } from "./times.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./store.js").OffTime} OffTime */

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/** One time of the week at which the camera is off: its days, from when to when, and a button that removes it. */
export class WeekRow {
  #messages;
  #days;
  #from;
  #to;
  #nextDay = make("span", "next-day");

  /**
   * @param {Messages} messages
   * @param {OffTime} off
   * @param {number} number as it is counted, from 1
   * @param {() => void} changed
   * @param {() => void} removed
   */
  constructor(messages, off, number, changed, removed) {
    this.#messages = messages;
    this.#days = Array.from({ length: 7 }, (_, day) => this.#makeDay(day, off.days.includes(day)));
    this.#from = this.#makeTime(off.from);
    this.#to = this.#makeTime(off.to);
    this.element = make("div", "row");
    this.element.setAttribute("aria-label", messages.text("settings.week.row", { n: number }));
    this.element.setAttribute("role", "group");
    this.element.append(this.#makeDays(), this.#makeTimes(), this.#makeRemove(removed));
    this.element.addEventListener("change", () => {
      this.#follow();
      changed();
    });
    this.#follow();
  }

  /** @returns {OffTime} */
  get off() {
    const days = this.#days.flatMap((box, day) => (box.checked ? [day] : []));
    return { days, from: this.#from.value, to: this.#to.value };
  }

  get first() {
    return this.#days[0];
  }

  #follow() {
    const { from, to } = this.off;
    setText(this.#nextDay, isNextDay(from, to) ? this.#messages.text("settings.next_day") : "");
  }

  /**
   * @param {number} day
   * @param {boolean} checked
   */
  #makeDay(day, checked) {
    const box = make("input");
    box.type = "checkbox";
    box.checked = checked;
    box.setAttribute("aria-label", this.#dayName(day, "long"));
    return box;
  }

  #makeDays() {
    const days = make("p", "days");
    days.setAttribute("role", "group");
    days.setAttribute("aria-label", this.#messages.text("settings.week.days"));
    for (const [day, box] of this.#days.entries()) {
      const label = make("label", "pick");
      label.append(box, make("span", "", this.#dayName(day, "short")));
      days.append(label);
    }
    return days;
  }

  /** @param {string} value */
  #makeTime(value) {
    return Object.assign(make("input"), { type: "time", required: true, value });
  }

  #makeTimes() {
    const times = make("p", "times");
    const from = make("label", "", `${this.#messages.text("settings.from")} `);
    from.append(this.#from);
    const to = make("label", "", `${this.#messages.text("settings.to")} `);
    to.append(this.#to);
    times.append(from, to, this.#nextDay);
    return times;
  }

  /** @param {() => void} removed */
  #makeRemove(removed) {
    const button = make("button", "remove", this.#messages.text("settings.week.remove"));
    button.addEventListener("click", removed);
    return button;
  }

  /**
   * @param {number} day
   * @param {"short" | "long"} weekday
   */
  #dayName(day, weekday) {
    return new Intl.DateTimeFormat(this.#messages.language, { weekday, timeZone: "UTC" }).format(new Date(MONDAY + day * DAY_MS));
  }
}
