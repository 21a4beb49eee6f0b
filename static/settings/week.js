import { byId } from "../lib/dom.js";
import { Setting } from "./setting.js";
import { WeekRow } from "./week_row.js";

/** @typedef {import("./store.js").OffTime} OffTime */

const MOST = 21;
/** @type {OffTime} */
const DRAFT = { days: [], from: "09:00", to: "17:00" };

/** The times of the week at which the camera is off. A new one is saved once it has a day. */
export class Week extends Setting {
  #list = byId("week-rows");
  #add = byId("week-add");
  /** @type {WeekRow[]} */
  #rows = [];
  #shown = "";

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    this.#add.addEventListener("click", () => this.#draft());
    this.show(this.store.settings);
  }

  /** Rows stay where they are the same, so that the focus does. @param {import("./store.js").Settings} settings */
  show({ schedule }) {
    const text = JSON.stringify(schedule);
    if (text === this.#shown && text === JSON.stringify(this.#offTimes())) return;
    this.#shown = text;
    if (text !== JSON.stringify(this.#offTimes())) this.#build(schedule);
  }

  focus() {
    this.#add.focus();
  }

  #offTimes() {
    return this.#rows.map((row) => row.off);
  }

  /** @param {OffTime[]} offTimes */
  #build(offTimes) {
    this.#rows = offTimes.map((off, index) => this.#row(off, index + 1));
    this.#list.replaceChildren(...this.#rows.map((row) => row.element));
    this.#add.disabled = this.#rows.length >= MOST;
  }

  /**
   * @param {OffTime} off
   * @param {number} number
   */
  #row(off, number) {
    /** @type {WeekRow} */
    const row = new WeekRow(this.messages, off, number, () => this.#change(), () => this.#remove(row));
    return row;
  }

  #draft() {
    this.#build([...this.#offTimes(), DRAFT]);
    this.#rows[this.#rows.length - 1].first.focus();
    this.say(this.messages.text("settings.week.pick"));
  }

  #change() {
    const offTimes = this.#offTimes();
    if (offTimes.some(({ days }) => !days.length)) return this.say(this.messages.text("settings.week.pick"));
    if (offTimes.some(({ from, to }) => !from || !to)) return this.problem(this.messages.text("settings.time.missing"));
    return this.save({ schedule: offTimes });
  }

  /** @param {WeekRow} row */
  #remove(row) {
    const left = this.#rows.filter((each) => each !== row).map((each) => each.off);
    const saved = left.filter(({ days, from, to }) => days.length && from && to);
    this.#build(left);
    this.#add.focus();
    if (JSON.stringify(saved) === JSON.stringify(this.store.settings.schedule)) return this.say("");
    return this.save({ schedule: saved });
  }
}
