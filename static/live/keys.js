import { make } from "../lib/make.js";
import { Sheet } from "./sheet.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/choices.js").Choices} Choices */

/** Each with what it does. */
const KEYS = /** @type {[string[], import("../lib/messages.js").MessageKey][]} */ ([
  [["P"], "live.keys.photo"],
  [["F"], "live.keys.fullscreen"],
  [["R"], "live.keys.record"],
  [["M"], "live.keys.sound"],
  [["+", "−"], "live.keys.zoom"],
  [["←", "→", "↑", "↓"], "live.keys.pan"],
  [["0"], "live.keys.whole"],
  [["I"], "live.keys.figures"],
  [["?"], "live.keys.keys"],
  [["Esc"], "live.keys.escape"],
]);
const FOR_OWNERS = "live.keys.record";
const FOR_SOUND = "live.keys.sound";

/**
 * The list of the keys, shown when it is asked for. They can be turned off there: who speaks to the computer may press one
 * without meaning to.
 */
export class Keys {
  #sheet;

  /**
   * @param {HTMLElement} parent
   * @param {Choices} choices of which `keys` is made here
   * @param {Messages} messages
   */
  constructor(parent, choices, messages) {
    this.#sheet = new Sheet(parent, "keys", messages.text("live.keys"), messages);
    const mayRecord = document.body.dataset.role === "owner";
    for (const [keys, text] of KEYS) {
      if ((text === FOR_OWNERS && !mayRecord) || (text === FOR_SOUND && !document.getElementById("sound"))) continue;
      const term = make("dt");
      term.append(...keys.map((key) => make("kbd", "", key)));
      this.#sheet.body.append(term, make("dd", "", messages.text(text)));
    }
    this.#sheet.body.after(makeSwitch(choices, messages.text("live.keys.use")));
  }

  toggle() {
    if (this.#sheet.isOpen) this.#sheet.close();
    else this.#sheet.open();
  }

  close() {
    this.#sheet.close();
  }
}

/**
 * @param {Choices} choices
 * @param {string} text
 */
function makeSwitch(choices, text) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: choices.get("keys") === "on" });
  box.addEventListener("change", () => choices.set("keys", box.checked ? "on" : "off"));
  const label = make("label");
  label.append(box, text);
  return label;
}
