import { setText } from "../lib/dom.js";
import { clock } from "../lib/format.js";
import { make } from "../lib/make.js";
import { urlOf } from "./library.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./thumbnails.js").Thumbnails} Thumbnails */

const STATES = /** @type {const} */ ({ recording: "recordings.recording", unfinished: "recordings.unfinished" });
const KINDS = /** @type {const} */ ({ visit: "recordings.kind.visit", always: "recordings.kind.always" });

/** One recording in the grid: a link to its film, which the page opens in its player. */
export class Card {
  element = make("li", "card");
  link = document.createElement("a");
  #messages;
  #dates;
  #thumbnails;
  #thumb = make("span", "thumb");
  #time = make("span", "time");
  #length = make("span", "length");
  #kind = make("span", "kind");
  /** @type {Recording} */
  recording;

  /**
   * @param {Recording} recording
   * @param {{messages: Messages, dates: Dates, thumbnails: Thumbnails}} page
   */
  constructor(recording, { messages, dates, thumbnails }) {
    this.#messages = messages;
    this.#dates = dates;
    this.#thumbnails = thumbnails;
    this.recording = recording;
    this.element.dataset.name = recording.name;
    this.link.className = "open";
    this.link.href = urlOf(recording.name);
    this.link.draggable = false;
    this.link.append(this.#thumb, this.#time, " ", this.#length, " ", this.#kind);
    this.element.append(this.link);
    thumbnails.show(this.#thumb, recording.name);
    this.show(recording);
  }

  /** @param {Recording} recording as it is now */
  show(recording) {
    const { state, pinned, kind, start, duration } = recording;
    const length = state === "complete" ? clock(duration) : this.#messages.text(STATES[state]);
    const byItself = kind === "hand" ? "" : this.#messages.text(KINDS[kind]);
    const said = [this.#dates.date(start), this.#dates.time(start), length, byItself, pinned ? this.#messages.text("recordings.pinned") : ""];
    this.recording = recording;
    this.element.dataset.state = state;
    this.element.classList.toggle("pinned", pinned);
    setText(this.#time, this.#dates.time(start));
    setText(this.#length, length);
    setText(this.#kind, byItself);
    this.link.setAttribute("aria-label", said.filter(Boolean).join(" "));
  }

  /** @param {boolean | null} chosen null: nothing is chosen now */
  choose(chosen) {
    if (chosen === null) {
      this.link.removeAttribute("role");
      this.link.removeAttribute("aria-checked");
    } else {
      this.link.setAttribute("role", "checkbox");
      this.link.setAttribute("aria-checked", String(chosen));
    }
  }

  /** Before it is taken away. */
  close() {
    this.#thumbnails.forget(this.#thumb);
  }
}
