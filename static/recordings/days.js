import { Card } from "./card.js";
import { urlOf } from "./library.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./card.js").Actions} Actions */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./player.js").Player} Player */

/** The cards of the recordings under the headings of their days. A card stays the same as long as its recording does. */
export class Days {
  #root;
  #dates;
  #page;
  /** @type {Map<string, Card>} by the recordings' names */
  #cards = new Map();
  /** @type {Map<string, HTMLElement>} by their days */
  #days = new Map();
  #thumbnails = false;
  #seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.#onSeen(entry)), { rootMargin: "200px" });

  /**
   * @param {HTMLElement} root
   * @param {{messages: Messages, dates: Dates, player: Player, actions: Actions, mayChange: boolean}} page
   */
  constructor(root, page) {
    this.#root = root;
    this.#dates = page.dates;
    this.#page = { ...page, picture: (/** @type {string} */ name) => this.#picture(name) };
  }

  /**
   * @param {Recording[]} recordings newest first
   * @param {boolean} thumbnails the server makes pictures of them
   */
  show(recordings, thumbnails) {
    this.#thumbnails = thumbnails;
    const here = new Set(recordings.map(({ name }) => name));
    for (const [name, card] of this.#cards) if (!here.has(name)) this.#remove(name, card);
    const days = byDay(recordings).map(([date, group]) => this.#day(date, group));
    place(this.#root, days);
    for (const [key, section] of this.#days) if (!section.isConnected) this.#days.delete(key);
  }

  /**
   * @param {string} name
   * @param {Card} card
   */
  #remove(name, card) {
    card.close();
    card.element.remove();
    this.#cards.delete(name);
  }

  /**
   * @param {Date} date
   * @param {Recording[]} recordings
   */
  #day(date, recordings) {
    const key = date.toDateString();
    const section = this.#days.get(key) ?? newDay();
    this.#days.set(key, section);
    const [heading, list] = section.children;
    heading.textContent = this.#dates.day(date);
    place(list, recordings.map((recording) => this.#card(recording).element));
    return section;
  }

  /** @param {Recording} recording */
  #card(recording) {
    const known = this.#cards.get(recording.name);
    known?.show(recording);
    const card = known ?? new Card(recording, this.#page);
    this.#cards.set(recording.name, card);
    return card;
  }

  /** @param {string} name */
  #picture(name) {
    if (!this.#thumbnails) return this.#firstFrame(name);
    const image = document.createElement("img");
    Object.assign(image, { alt: "", loading: "lazy", decoding: "async", width: 320, height: 180 });
    image.onerror = () => image.replaceWith(this.#firstFrame(name)); // the server could not: the browser may
    image.src = `${urlOf(name)}/thumbnail.jpg`;
    return image;
  }

  /** @param {string} name */
  #firstFrame(name) {
    const video = document.createElement("video");
    Object.assign(video, { muted: true, playsInline: true, preload: "none", tabIndex: -1 });
    video.setAttribute("aria-hidden", "true");
    video.dataset.src = `${urlOf(name)}#t=0.01`;
    this.#seen.observe(video);
    return video;
  }

  /** @param {IntersectionObserverEntry} entry a picture that the browser is to make once somebody can see it */
  #onSeen({ isIntersecting, target }) {
    if (!isIntersecting || !(target instanceof HTMLVideoElement)) return;
    this.#seen.unobserve(target);
    target.preload = "metadata";
    target.src = target.dataset.src ?? "";
  }
}

function newDay() {
  const section = document.createElement("section");
  section.className = "day";
  section.append(document.createElement("h3"), document.createElement("ul"));
  return section;
}

/**
 * Days in the order of their newest recordings: a copied file may be newer than its day.
 * @param {Recording[]} recordings newest first
 */
function byDay(recordings) {
  /** @type {Map<string, [Date, Recording[]]>} */
  const days = new Map();
  for (const recording of recordings) {
    const date = new Date(recording.start);
    const day = days.get(date.toDateString());
    if (day) day[1].push(recording);
    else days.set(date.toDateString(), [date, [recording]]);
  }
  return [...days.values()];
}

/**
 * Make these the children, and move none that is in its place: a video that is moved stops.
 * @param {Element} parent
 * @param {Element[]} children
 */
function place(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => parent.children[i] !== child && parent.insertBefore(child, parent.children[i] ?? null));
}
