import { make } from "../lib/make.js";
import { ICONS, iconButton } from "./icons.js";
import { addDays } from "./dates.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Day} Day */

const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 });
const SUNDAY = 7;
const ANY_SUNDAY = "2023-01-01";

/** A month at a time, with how many recordings each day has. A day that has some can be chosen. */
export class Calendar {
  #messages;
  #dates;
  #jump;
  #opener;
  #element = make("div", "calendar");
  #months = /** @type {HTMLSelectElement} */ (make("select", ""));
  #table = make("table", "");
  #newer;
  #older;
  /** @type {Map<string, number>} newest first */
  #counts = new Map();
  #month = ""; // YYYY-MM
  #day = ""; // that the tabulator key reaches

  /**
   * @param {HTMLElement} opener its button; the calendar becomes the next element
   * @param {{messages: Messages, dates: Dates}} page
   * @param {(day: string) => void} jump
   */
  constructor(opener, { messages, dates }, jump) {
    this.#messages = messages;
    this.#dates = dates;
    this.#jump = jump;
    this.#opener = opener;
    this.#newer = iconButton("later", ICONS.older, messages.text("recordings.month.next"), () => this.#turn(-1));
    this.#older = iconButton("earlier", ICONS.newer, messages.text("recordings.month.before"), () => this.#turn(1));
    this.#assemble();
    opener.after(this.#element);
  }

  get isOpen() {
    return !this.#element.hidden;
  }

  /**
   * @param {Day[]} days newest first
   * @param {string} seen the day that it begins at
   */
  open(days, seen) {
    this.#element.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    this.#day = seen;
    this.#month = seen.slice(0, 7);
    this.follow(days);
    this.#focus(this.#day);
  }

  /** @param {Day[]} days */
  follow(days) {
    this.#counts = new Map(days.map(({ day, count }) => [day, count]));
    const months = [...new Set(days.map(({ day }) => day.slice(0, 7)))];
    this.#months.replaceChildren(...months.map((month) => new Option(this.#dates.month(`${month}-01`), month)));
    if (!months.includes(this.#month)) this.#month = months[0] ?? this.#month;
    this.#show();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#element.contains(document.activeElement);
    this.#element.hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    if (hadFocus) this.#opener.focus();
  }

  #assemble() {
    const head = make("div", "calendar-head");
    this.#element.setAttribute("role", "dialog");
    this.#element.setAttribute("aria-label", this.#messages.text("recordings.calendar"));
    this.#months.setAttribute("aria-label", this.#messages.text("recordings.month"));
    this.#months.addEventListener("change", () => ((this.#month = this.#months.value), this.#show()));
    this.#table.addEventListener("click", (event) => this.#onPress(event));
    this.#table.addEventListener("keydown", (event) => this.#onKey(event));
    head.append(this.#older, this.#months, this.#newer);
    this.#element.append(head, this.#table);
    this.#element.hidden = true;
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !this.#element.contains(target) && !this.#opener.contains(target)) this.close();
    });
  }

  /** @param {number} step 1: to an older month that has recordings */
  #turn(step) {
    const { selectedIndex, options } = this.#months;
    this.#month = options[selectedIndex + step]?.value ?? this.#month;
    const pressed = document.activeElement;
    this.#show();
    if (pressed instanceof HTMLButtonElement && pressed.disabled) this.#months.focus();
  }

  #show() {
    this.#months.value = this.#month;
    const { selectedIndex, options } = this.#months;
    this.#newer.disabled = selectedIndex <= 0;
    this.#older.disabled = selectedIndex >= options.length - 1;
    const days = this.#daysOfMonth();
    if (!days.includes(this.#day) || !this.#counts.has(this.#day)) this.#day = [...days].reverse().find((day) => this.#counts.has(day)) ?? "";
    const hadFocus = this.#table.contains(document.activeElement);
    this.#table.replaceChildren(this.#weekdays(), this.#weeks(days));
    if (hadFocus) this.#focus(this.#day);
  }

  #daysOfMonth() {
    const days = [];
    for (let day = `${this.#month}-01`; day.startsWith(this.#month); day = addDays(day, 1)) days.push(day);
    return days;
  }

  #weekdays() {
    const head = make("thead", "");
    const row = make("tr", "");
    for (let i = 0; i < 7; i++) row.append(make("th", "", this.#dates.weekday(addDays(ANY_SUNDAY, (this.#firstWeekday() + i) % 7))));
    for (const cell of row.children) cell.setAttribute("scope", "col");
    head.append(row);
    return head;
  }

  /** @param {string[]} days */
  #weeks(days) {
    const body = make("tbody", "");
    let row = body.appendChild(make("tr", ""));
    for (let i = this.#column(days[0]); i > 0; i--) row.append(make("td", ""));
    for (const day of days) {
      if (row.children.length === 7) row = body.appendChild(make("tr", ""));
      row.append(this.#cell(day));
    }
    while (row.children.length < 7) row.append(make("td", ""));
    return body;
  }

  /** @param {string} day */
  #cell(day) {
    const cell = make("td", "");
    const count = this.#counts.get(day);
    const number = String(Number(day.slice(8)));
    if (!count) cell.append(make("span", "none", number));
    else {
      const button = /** @type {HTMLButtonElement} */ (make("button", "quiet", number));
      const n = this.#messages.text("recordings.count", { n: count });
      button.dataset.day = day;
      button.tabIndex = day === this.#day ? 0 : -1;
      button.setAttribute("aria-label", `${this.#dates.fullDay(day)}, ${n}`);
      if (day === this.#dates.today) button.setAttribute("aria-current", "date");
      button.dataset.count = String(count); // shown by the style sheet, said by the label
      cell.append(button);
    }
    return cell;
  }

  /** @param {string} day */
  #column(day) {
    return (new Date(`${day}T00:00:00Z`).getUTCDay() - this.#firstWeekday() + 7) % 7;
  }

  /** 0 is Sunday. */
  #firstWeekday() {
    const locale = /** @type {any} */ (new Intl.Locale(this.#messages.language));
    return ((locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? SUNDAY) % 7;
  }

  /** @param {Event} event */
  #onPress({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button?.dataset.day) return;
    this.close();
    this.#jump(button.dataset.day);
  }

  /** To the next day that has recordings, that way. @param {KeyboardEvent} event */
  #onKey(event) {
    const step = KEYS[event.key];
    if (event.key === "PageUp" || event.key === "PageDown") this.#turn(event.key === "PageUp" ? 1 : -1);
    else if (step) this.#step(step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} step days */
  #step(step) {
    const days = [...this.#counts.keys()]; // newest first
    const wanted = addDays(this.#day, step);
    const next = step > 0 ? days.reverse().find((day) => day >= wanted) : days.find((day) => day <= wanted);
    if (!next) return;
    this.#day = next;
    this.#month = next.slice(0, 7);
    this.#show();
  }

  /** @param {string} day */
  #focus(day) {
    const button = this.#table.querySelector(`[data-day="${day}"]`) ?? this.#months;
    /** @type {HTMLElement} */ (button).focus();
  }
}
