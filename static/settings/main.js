import { byId } from "../lib/dom.js";
import { loadMessages } from "../lib/messages.js";
import { begin } from "./begin.js";
import { ClassChoice } from "./class_choice.js";
import { Mute } from "./mute.js";
import { PlaceChoice } from "./place_choice.js";
import { QuietHours } from "./quiet_hours.js";
import { SimpleSetting } from "./simple_setting.js";
import { SettingsStore } from "./store.js";
import { Ways } from "./ways.js";
import { Week } from "./week.js";

/** The page of settings: each is saved when it is changed. */
class Page {
  /** @param {import("../lib/messages.js").Messages} messages */
  constructor(messages) {
    const store = new SettingsStore(JSON.parse(byId("document").textContent));
    for (const root of document.querySelectorAll("[data-key]")) new SimpleSetting(/** @type {HTMLElement} */ (root), store, messages);
    new ClassChoice(byId("classes"), store, messages);
    const places = byId("where");
    if (places) new PlaceChoice(places, store, messages);
    new QuietHours(byId("quiet"), store, messages);
    new Mute(byId("mute"), store, messages);
    new Week(byId("week"), store, messages);
    this.ways = new Ways(byId("ways"), store, messages);
    this.store = store;
  }

  start() {
    this.ways.follow();
    begin(() => this.#look());
  }

  #look() {
    this.store.refresh().catch(() => {}); // what is shown may be old; a change says what is wrong
    this.ways.follow();
  }
}

new Page(await loadMessages()).start();
