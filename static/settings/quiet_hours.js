import { byId, setText } from "../lib/dom.js";
import { Setting } from "./setting.js";
import { isNextDay } from "./times.js";

/** In which hours of each day nothing is told. */
export class QuietHours extends Setting {
  #on = byId("quiet-on");
  #from = byId("quiet-from");
  #to = byId("quiet-to");

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    this.root.addEventListener("change", () => this.#change());
    this.show(this.store.settings);
  }

  /** @param {import("./store.js").Settings} settings */
  show({ notify: { quiet } }) {
    this.#on.checked = quiet !== null;
    byId("quiet-times").hidden = quiet === null;
    if (quiet) [this.#from.value, this.#to.value] = [quiet.from, quiet.to];
    setText(byId("quiet-next-day"), quiet && isNextDay(quiet.from, quiet.to) ? this.messages.text("settings.next_day") : "");
  }

  #change() {
    const quiet = { from: this.#from.value, to: this.#to.value };
    if (!this.#on.checked) return this.save({ notify: { quiet: null } });
    if (!quiet.from || !quiet.to) return this.problem(this.messages.text("settings.time.missing"));
    return this.save({ notify: { quiet } });
  }
}
