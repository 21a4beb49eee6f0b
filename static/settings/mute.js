import { byId, setText } from "../lib/dom.js";
import { dateFormat } from "../lib/format.js";
import { Setting } from "./setting.js";

const LONGEST_MS = 2 ** 31 - 1; // that a timer can wait

/** Nothing is told for a while: how long still, and the buttons. */
export class Mute extends Setting {
  #timer = 0;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    byId("mute-hour").addEventListener("click", () => this.save({ mute: 60 }));
    byId("mute-tomorrow").addEventListener("click", () => this.save({ mute: "tomorrow" }));
    byId("mute-end").addEventListener("click", () => this.#end());
    this.show(this.store.settings);
  }

  /** @param {import("./store.js").Settings} settings */
  show({ mute_until }) {
    clearTimeout(this.#timer);
    const until = new Date(mute_until ?? 0);
    const left = until.getTime() - Date.now();
    const isMuted = left > 0;
    if (isMuted) this.#timer = setTimeout(() => this.show(this.store.settings), Math.min(left, LONGEST_MS));
    const time = isMuted ? this.#format(until) : "";
    setText(byId("mute-state"), isMuted ? this.messages.text("settings.mute.until", { time }) : this.messages.text("settings.mute.none"));
    byId("mute-end").disabled = !isMuted; // hidden, it would move what is below
    this.root.classList.toggle("muted", isMuted);
  }

  async #end() {
    const hadFocus = document.activeElement === byId("mute-end");
    await this.save({ mute: 0 });
    if (hadFocus && byId("mute-end").disabled) byId("mute-hour").focus();
  }

  /** With its day where that is another. @param {Date} until */
  #format(until) {
    const isToday = until.toDateString() === new Date().toDateString();
    /** @type {Intl.DateTimeFormatOptions} */
    const day = isToday ? {} : { weekday: "short", month: "short", day: "numeric" };
    return dateFormat(this.messages.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day })(until);
  }
}
