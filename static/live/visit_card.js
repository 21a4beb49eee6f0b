import { setText } from "../lib/dom.js";
import { sitePath } from "../lib/http.js";
import { make } from "../lib/make.js";
import { visitAddress } from "./visit_address.js";
import { isHere } from "./visit_words.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./visit_words.js").VisitWords} VisitWords */
/** @typedef {import("./visits.js").Visit} Visit */

const RETRY_SECONDS = 30;
const LATE_SECONDS = 120; // behind its end, in which a visit may yet get a picture
const MAKING_SECONDS = 60; // in which a better picture is made

/** One visit in the strip: its picture, who it was, when and for how long; a link to its film where that is left. */
export class VisitCard {
  element = make("li", "visit");
  #link = make("a", "visit-open");
  #picture = make("span", "visit-picture");
  #image = new Image();
  #mark = make("span", "visit-mark");
  #video = make("span", "visit-video");
  #slept = make("span", "visit-slept");
  #who = make("span", "visit-who");
  #time = make("span", "visit-time");
  #length = make("span", "visit-length");
  #play = make("span", "visit-play");
  #messages;
  #words;
  #visit;
  #seen = false; // its place was, so its picture may be asked for
  #asked = 0; // when its picture was asked for last, in the server's time
  /** @type {"none" | "asked" | "there"} */
  #state = "none";

  /**
   * @param {Visit} visit
   * @param {Messages} messages
   * @param {VisitWords} words
   */
  constructor(visit, messages, words) {
    this.#visit = visit;
    this.#messages = messages;
    this.#words = words;
    Object.assign(this.#image, { alt: "", decoding: "async", draggable: false, hidden: true });
    this.#image.addEventListener("load", () => this.#onPicture("there"));
    this.#image.addEventListener("error", () => this.#onPicture("none"));
    this.#picture.append(this.#image, this.#mark, this.#video, this.#slept);
    const name = make("span", "visit-name");
    name.append(this.#who, this.#time);
    this.#link.append(name, this.#length, this.#picture, this.#play); // as it is read out; the picture is shown first
    this.#link.draggable = false;
    this.element.append(this.#link);
  }

  get isLink() {
    return this.#link.hasAttribute("href");
  }

  /**
   * @param {Visit} visit as it is now
   * @param {number} now the server's time, seconds
   */
  show(visit, now) {
    const before = this.#visit;
    this.#visit = visit;
    const here = isHere(visit, now);
    setText(this.#who, this.#words.who(visit));
    setText(this.#time, this.#words.when(visit.begin, now, visit.sure));
    setText(this.#length, this.#words.length((here ? now : visit.end) - visit.begin));
    setText(this.#mark, here ? this.#messages.text("live.visits.now") : "");
    setText(this.#slept, this.#words.slept(visit, now));
    setText(this.#video, this.#without());
    this.#showLink();
    if (before.best?.time !== visit.best?.time) this.#ask(now);
    else if (this.#mayRetry(now)) this.#ask(now);
  }

  /** Its place can be seen. @param {number} now */
  onSeen(now) {
    if (this.#seen) return;
    this.#seen = true;
    this.#ask(now);
  }

  /** Why there is no film. One that goes on may get one yet. */
  #without() {
    const { video, open } = this.#visit;
    if (video === "gone" || video === "away") return this.#messages.text(`live.visits.video.${video}`);
    return video === "none" && !open ? this.#messages.text("live.visits.video.none") : "";
  }

  #showLink() {
    const address = visitAddress(this.#visit);
    if (address) this.#link.href = address;
    else this.#link.removeAttribute("href");
    setText(this.#play, address ? this.#messages.text("live.past.play") : "");
  }

  /** @param {number} now */
  #mayRetry(now) {
    const { open, end, best } = this.#visit;
    if (now - this.#asked < RETRY_SECONDS) return false;
    if (this.#state === "none") return open || now - end < LATE_SECONDS;
    return best !== null && this.#asked < best.time + MAKING_SECONDS; // it may have been the one before
  }

  /** @param {number} now */
  #ask(now) {
    const { id, best } = this.#visit;
    if (!this.#seen || !best) return;
    this.#asked = now;
    if (this.#state === "none") this.#state = "asked";
    // No time: each list sets the server's anew, and the same address twice would not be asked for again.
    this.#image.src = sitePath(`/api/events/${id}/picture.jpg?asked=${Math.random()}`);
  }

  /** A better one that does not come leaves the one that was there. @param {"there" | "none"} state */
  #onPicture(state) {
    this.#state = state;
    this.#image.hidden = state === "none";
  }
}
