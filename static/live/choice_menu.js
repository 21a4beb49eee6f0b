import { make } from "../lib/make.js";
import { loadStyle } from "./style_sheet.js";

/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("../lib/choices.js").ChoiceName} ChoiceName */
/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/messages.js").MessageKey} MessageKey */
/** @typedef {{value: string, label: MessageKey | "WebRTC" | "MJPEG", about: MessageKey}} Option */
/** @typedef {{name: ChoiceName, value: string, off: string, label: MessageKey}} Switch a checkbox; `off` is the value without it */
/** @typedef {{name: ChoiceName, legend: MessageKey, options: Option[], also?: Switch}} Group */
/**
 * @typedef {object} Action what can be done beside choosing
 * @property {string} id of its button
 * @property {() => MessageKey} label as it is now
 * @property {() => boolean} [isThere] whether it can be done now
 * @property {boolean} [stays] whether the menu stays: it may be done again
 * @property {() => void} act
 */

/** What there is to choose, by the choices' names, each with a line that explains it. */
const GROUPS = /** @type {Group[]} */ ([
  {
    name: "boxes",
    legend: "live.boxes",
    options: [
      { value: "exact", label: "live.boxes.exact", about: "live.boxes.exact.about" },
      { value: "fastest", label: "live.boxes.fastest", about: "live.boxes.fastest.about" },
    ],
    also: { name: "photo", value: "boxes", off: "plain", label: "live.boxes.photo" },
  },
  {
    name: "picture",
    legend: "live.picture_by",
    options: [
      { value: "auto", label: "live.picture_by.auto", about: "live.picture_by.auto.about" },
      { value: "webrtc", label: "WebRTC", about: "live.picture_by.webrtc.about" },
      { value: "mjpeg", label: "MJPEG", about: "live.picture_by.mjpeg.about" },
    ],
  },
]);

/**
 * The menu of what there is to choose, made when its button is first pressed. Whatever is picked holds at once, and the
 * menu stays until it is put away.
 */
export class ChoiceMenu {
  #button;
  #menu;
  #choices;
  #style;
  /** @type {() => void} shows what can be done now, in the words of now */
  #showActions;

  /**
   * @param {HTMLButtonElement} button behind which the menu is put; its `data-style` is the menu's style sheet
   * @param {Choices} choices
   * @param {Messages} messages
   * @param {ChoiceName[]} without what changes nothing in this browser
   * @param {Action[]} actions
   * @param {HTMLElement[]} [rows] of others
   */
  constructor(button, choices, messages, without, actions, rows = []) {
    this.#button = button;
    this.#choices = choices;
    this.#style = loadStyle(button.dataset.style);
    this.#menu = makeMenu(button.getAttribute("aria-label") ?? "");
    for (const group of GROUPS) {
      const options = without.includes(group.name) ? [] : group.options;
      if (options.length || group.also) this.#menu.append(makeGroup({ ...group, options }, messages));
    }
    this.#menu.append(...rows);
    this.#showActions = this.#makeActions(actions, messages);
    button.after(this.#menu);
    this.#menu.addEventListener("change", (event) => this.#onPick(/** @type {HTMLInputElement} */ (event.target)));
    choices.addEventListener("change", () => this.#check());
    document.addEventListener("pointerdown", (event) => this.#onPress(/** @type {Node} */ (event.target)));
    window.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    this.#check();
  }

  /** As the button was pressed. */
  async toggle() {
    await this.#style;
    this.#show(this.#menu.hidden);
  }

  /** @param {boolean} shown */
  #show(shown) {
    if (shown) this.#showActions();
    this.#menu.hidden = !shown;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  /**
   * @param {Action[]} actions
   * @param {Messages} messages
   */
  #makeActions(actions, messages) {
    const buttons = actions.map((action) => {
      const button = make("button");
      button.id = action.id;
      button.addEventListener("click", () => this.#onAction(action));
      return button;
    });
    const row = make("p", "actions");
    row.append(...buttons);
    this.#menu.append(row);
    return () =>
      actions.forEach(({ label, isThere }, at) => {
        buttons[at].hidden = isThere !== undefined && !isThere();
        buttons[at].textContent = messages.text(label());
      });
  }

  /** @param {Action} action */
  #onAction({ act, stays }) {
    if (!stays) {
      this.#show(false);
      this.#button.focus({ preventScroll: true }); // to which the focus comes back from what is shown instead
    }
    act();
  }

  /** @param {HTMLInputElement} input */
  #onPick({ name, value, checked, dataset }) {
    this.#choices.set(/** @type {ChoiceName} */ (name), checked ? value : dataset.off ?? "");
  }

  #check() {
    for (const input of this.#menu.querySelectorAll("input")) {
      input.checked = this.#choices.get(/** @type {ChoiceName} */ (input.name)) === input.value;
    }
  }

  /** @param {Node} target */
  #onPress(target) {
    if (!this.#menu.contains(target) && !this.#button.contains(target)) this.#show(false);
  }

  // Heard before all others, so that the key puts away the menu alone, and not a picture that fills the page too.
  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || this.#menu.hidden) return;
    event.stopPropagation();
    const within = this.#menu.contains(document.activeElement);
    this.#show(false);
    if (within) this.#button.focus();
  }
}

/** @param {string} label */
function makeMenu(label) {
  const menu = make("div", "choice-menu");
  menu.id = "choice-menu"; // of the button's `aria-controls`
  menu.hidden = true;
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", label);
  return menu;
}

/**
 * @param {Group} group
 * @param {Messages} messages
 */
function makeGroup({ name, legend, options, also }, messages) {
  const group = make("fieldset");
  group.append(make("legend", "", messages.text(legend)));
  for (const option of options) group.append(...makeOption(name, option, messages));
  if (also) group.append(makeSwitch(also, messages));
  return group;
}

/**
 * @param {Switch} also
 * @param {Messages} messages
 */
function makeSwitch({ name, value, off, label }, messages) {
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name, value });
  box.dataset.off = off;
  const named = make("label");
  named.append(box, messages.text(label));
  return named;
}

/**
 * @param {ChoiceName} name
 * @param {Option} option
 * @param {Messages} messages
 */
function makeOption(name, { value, label, about }, messages) {
  const radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name, value });
  const explained = make("p", "about", messages.text(about));
  explained.id = `about-${value}`;
  radio.setAttribute("aria-describedby", explained.id);
  const named = make("label");
  named.append(radio, label === "WebRTC" || label === "MJPEG" ? label : messages.text(label));
  return [named, explained];
}
