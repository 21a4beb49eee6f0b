import { setText } from "../lib/dom.js";
import { clock, megabytes } from "../lib/format.js";
import { urlOf } from "./library.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./player.js").Player} Player */
/**
 * @typedef {object} Actions what a card asks for
 * @property {(name: string, pinned: boolean) => Promise<unknown>} pin
 * @property {(name: string) => Promise<unknown>} delete
 */

const ICONS = {
  play: "M8 5l11 7-11 7z",
  close: "M6 6l12 12M18 6L6 18",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5",
  keep: "M12 4v11M7 11l5 5 5-5M5 20h14",
  delete: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
};

/** One recording: its picture, its facts, what can be done with it. */
export class Card {
  element = make("li", "card");
  #messages;
  #player;
  #actions;
  #mayChange;
  #name;
  #when;
  #data = make("p", "data");
  #pinned = make("span", "pinned");
  #thumb = make("div", "thumb");
  #shade = make("div", "shade");
  #length = make("span", "length");
  #play;
  #pin;
  #keep;
  #delete;
  #sure = make("div", "sure");
  /** @type {Recording | null} */
  #recording = null;
  #open = false;

  /**
   * @param {Recording} recording
   * @param {{messages: Messages, dates: Dates, player: Player, actions: Actions, mayChange: boolean, picture: (name: string) => HTMLElement}} page
   */
  constructor(recording, { messages, dates, player, actions, mayChange, picture }) {
    this.#messages = messages;
    this.#player = player;
    this.#actions = actions;
    this.#mayChange = mayChange;
    this.#name = recording.name;
    this.#when = dates.time(new Date(recording.start));
    this.#play = button("open", ICONS.play, messages.text("recordings.play", { when: this.#when }), () => this.#toggle());
    this.#pin = button("pin changes", ICONS.pin, messages.text("recordings.pin", { when: this.#when }), () => this.#togglePin());
    this.#delete = button("delete changes", ICONS.delete, messages.text("recordings.delete", { when: this.#when }), () => this.#ask());
    this.#keep = this.#download();
    this.#shade.append(this.#length);
    this.#thumb.append(picture(recording.name), this.#shade, this.#play);
    this.#assemble();
    this.show(recording);
  }

  /** @param {Recording} recording as it is now */
  show(recording) {
    const complete = recording.state === "complete";
    this.#recording = recording;
    this.element.dataset.state = recording.state;
    setText(this.#data, this.#describe(recording));
    setText(this.#length, complete ? clock(recording.duration) : this.#messages.text(stateWord(recording)));
    setText(this.#pinned, recording.pinned ? this.#messages.text("recordings.pinned") : "");
    this.#pin.setAttribute("aria-pressed", String(recording.pinned));
    this.#pin.hidden = !this.#mayChange;
    this.#delete.hidden = !this.#mayChange || !complete || recording.pinned;
    this.#keep.hidden = !complete;
    if (this.#delete.hidden) this.#forget();
  }

  /** Before it is taken away. */
  close() {
    if (this.#open) this.#player.close();
  }

  /** @param {Recording} recording */
  #describe({ size, frames }) {
    const known = frames === null ? [] : [this.#messages.text("state.frames", { n: frames })];
    return [megabytes(size), ...known].join(" · ");
  }

  #assemble() {
    const about = make("div", "about");
    const when = make("p", "when", this.#when);
    const actions = make("div", "actions");
    when.append(this.#pinned);
    about.append(when, this.#data);
    actions.append(this.#pin, this.#keep, this.#delete);
    this.#sure.setAttribute("role", "group");
    this.#sure.hidden = true;
    this.element.append(this.#thumb, about, actions, this.#sure);
    this.element.dataset.name = this.#name;
  }

  #download() {
    const link = document.createElement("a");
    link.className = "icon quiet keep";
    link.href = `${urlOf(this.#name)}?download`;
    link.download = this.#name;
    name(link, ICONS.keep, this.#messages.text("recordings.keep", { when: this.#when }));
    return link;
  }

  #toggle() {
    if (this.#open) return this.#player.close();
    const closed = () => this.#setOpen(false);
    this.#setOpen(true);
    this.#player.open(this.#thumb, this.#name, { closed, broken: () => this.#onBroken() });
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} open */
  #setOpen(open) {
    this.#open = open;
    this.element.classList.toggle("playing", open);
    name(this.#play, open ? ICONS.close : ICONS.play, this.#messages.text(open ? "recordings.close" : "recordings.play", { when: this.#when }));
  }

  #onBroken() {
    this.#player.close();
    setText(this.#length, this.#messages.text("recordings.broken"));
  }

  async #togglePin() {
    this.#pin.disabled = true;
    await this.#actions.pin(this.#name, !this.#recording?.pinned);
    this.#pin.disabled = false;
  }

  #ask() {
    const no = word("quiet", this.#messages.text("recordings.no"), () => (this.#forget(), this.#delete.focus()));
    const yes = word("danger", this.#messages.text("recordings.yes"), () => this.#remove(yes));
    const question = make("p", "", this.#messages.text("recordings.sure"));
    this.#sure.setAttribute("aria-label", question.textContent ?? "");
    this.#sure.replaceChildren(question, no, yes);
    this.#sure.hidden = false;
    this.#sure.onkeydown = (event) => event.key === "Escape" && no.click();
    no.focus();
  }

  #forget() {
    this.#sure.hidden = true;
    this.#sure.replaceChildren();
  }

  /** @param {HTMLButtonElement} yes */
  async #remove(yes) {
    yes.disabled = true;
    this.close(); // it must not be loaded any more
    await this.#actions.delete(this.#name);
    this.#forget();
  }
}

/** @param {Recording} recording */
function stateWord({ state }) {
  return state === "recording" ? "recordings.recording" : "recordings.unfinished";
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function make(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {() => void} press
 */
function word(className, text, press) {
  const made = document.createElement("button");
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

/**
 * @param {string} className
 * @param {string} icon
 * @param {string} label
 * @param {() => void} press
 */
function button(className, icon, label, press) {
  const made = word(`icon quiet ${className}`, "", press);
  name(made, icon, label);
  return made;
}

/**
 * @param {HTMLElement} element
 * @param {string} icon the path of an icon of 24 by 24
 * @param {string} label what it says to those who do not see it
 */
function name(element, icon, label) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  path.setAttribute("d", icon);
  picture.append(path);
  element.replaceChildren(picture);
  element.setAttribute("aria-label", label);
  element.title = label;
}
