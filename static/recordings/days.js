import { setText } from "../lib/dom.js";
import { make } from "../lib/make.js";
import { Grid, SHELF } from "./grid.js";
import { place } from "./place.js";
import { Shelf } from "./shelf.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./thumbnails.js").Thumbnails} Thumbnails */
/** @typedef {{day: string, section: HTMLElement, heading: HTMLElement, pick: HTMLButtonElement, shelves: Shelf[], count: number}} Section */
/** @typedef {{messages: Messages, dates: Dates, library: Library, thumbnails: Thumbnails, isChosen: (recording: Recording) => boolean | null, pick: (day: string) => void}} Page */

const NEAR = "800px"; // above and below what is seen

/** All days under their headings. All have their room from the beginning; those near to what is seen have their cards. */
export class Days {
  #root;
  #page;
  #grid;
  /** @type {Section[]} newest first */
  #sections = [];
  /** @type {Map<string, Section>} */
  #byDay = new Map();
  /** @type {Map<Element, {section: Section, at: number}>} the shelves of the sections */
  #shelves = new Map();
  /** @type {Set<Element>} shelves that are near to what is seen, or have the focus */
  #near = new Set();
  #isChoosing = false;
  /** @type {{section: HTMLElement, rect: DOMRect} | null} */
  #anchor = null;
  #current = ""; // the recording whose card the tabulator key reaches
  #observer = new IntersectionObserver((entries) => this.#onNear(entries), { rootMargin: `${NEAR} 0px` });

  /**
   * @param {HTMLElement} root
   * @param {Page} page
   */
  constructor(root, page) {
    this.#root = root;
    this.#page = page;
    this.#grid = new Grid(root);
    root.addEventListener("focusin", (event) => this.#onFocus(event));
    window.addEventListener("scroll", () => this.#remember(), { passive: true });
    new ResizeObserver(() => this.#grid.hasChanged() && this.#layOut()).observe(root);
  }

  /** What the library has now. */
  show() {
    const { days } = this.#page.library;
    if (this.#grid.hasChanged()) this.#grid.measure();
    this.#learnShape();
    this.#sections = days.map(({ day, count }) => this.#section(day, count));
    place(this.#root, this.#sections.map(({ section }) => section));
    const known = new Set(this.#sections);
    for (const section of this.#byDay.values()) if (!known.has(section)) this.#remove(section);
    this.#fillAll();
  }

  /** Show of each card whether it is chosen. @param {boolean} isChoosing */
  showChoice(isChoosing) {
    this.#isChoosing = isChoosing;
    for (const card of this.#cards()) card.choose(this.#page.isChosen(card.recording));
    for (const { pick } of this.#sections) pick.hidden = !isChoosing;
  }

  /** The day at the top of what is seen; empty where there is none. */
  get seen() {
    return this.#top()?.day ?? "";
  }

  /** The card that has the focus, or had it last among the cards. @returns {Card | null} */
  get current() {
    return this.#card(this.#current);
  }

  /** @param {Node | null} node @returns {Card | null} the card that it is in */
  cardOf(node) {
    const element = node instanceof Element ? node.closest(".card") : null;
    return element instanceof HTMLElement ? this.#card(element.dataset.name ?? "") : null;
  }

  /**
   * Put the focus on a recording's card, and the card where it can be seen.
   * @param {{day: string, name: string} | null} recording
   * @returns {Promise<boolean>} whether it is there
   */
  async focus(recording) {
    if (!recording) return false;
    const rows = await this.#page.library.load(recording.day);
    return this.#focusAt(recording.day, rows.findIndex(({ name }) => name === recording.name));
  }

  /** The first card of a day. @param {string} day */
  async jump(day) {
    this.#byDay.get(day)?.section.scrollIntoView({ block: "start" });
    await this.#page.library.load(day);
    this.#focusAt(day, 0, "start");
  }

  /**
   * From the current card.
   * @param {"ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End"} key
   */
  async move(key) {
    const { current } = this;
    if (!current) return;
    if (key === "Home" || key === "End") return this.#moveToEnd(key);
    const { day, name } = current.recording;
    const step = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    if (key === "ArrowLeft" || key === "ArrowRight") return void this.focus(await this.#page.library.neighbour({ day, name }, step));
    const rows = this.#page.library.rows(day) ?? [];
    const at = rows.findIndex((row) => row.name === name);
    const { columns } = this.#grid;
    const lastRow = (/** @type {number} */ count) => Math.floor((count - 1) / columns) * columns;
    if (step < 0 ? at >= columns : at < lastRow(rows.length)) return void this.#focusAt(day, Math.min(at + step * columns, rows.length - 1));
    const next = this.#sections[this.#sections.findIndex((section) => section.day === day) + step];
    if (!next) return;
    const { length } = await this.#page.library.load(next.day);
    this.#focusAt(next.day, Math.min(length - 1, (step < 0 ? lastRow(length) : 0) + (at % columns)));
  }

  /** @param {"Home" | "End"} key */
  async #moveToEnd(key) {
    const section = key === "Home" ? this.#sections[0] : this.#sections[this.#sections.length - 1];
    const { length } = await this.#page.library.load(section.day);
    this.#focusAt(section.day, key === "Home" ? 0 : length - 1);
  }

  /**
   * @param {string} day whose rows are there
   * @param {number} at
   * @param {ScrollLogicalPosition} [block]
   */
  #focusAt(day, at, block = "nearest") {
    const shelf = this.#byDay.get(day)?.shelves[Math.floor(at / SHELF)];
    const recording = this.#page.library.rows(day)?.[at];
    if (!shelf || !recording) return false;
    this.#near.add(shelf.element); // until the observer knows better
    this.#fill(shelf.element);
    const card = shelf.card(recording.name);
    card?.link.focus({ preventScroll: true });
    card?.element.scrollIntoView({ block });
    return true;
  }

  // The shape of the newest recording's pictures is the camera's.
  #learnShape() {
    for (const { day } of this.#page.library.days.slice(0, 3)) {
      const known = this.#page.library.rows(day)?.find(({ width, height }) => width && height);
      if (!known?.width || !known.height) continue;
      if (this.#grid.setShape(known.width / known.height)) this.#layOut();
      return;
    }
  }

  /** What is at the top; nothing while the page's beginning is seen. */
  #remember() {
    if (this.#grid.hasChanged()) return; // too late
    const top = window.scrollY > 0 ? this.#top() : undefined;
    this.#anchor = top ? { section: top.section, rect: top.section.getBoundingClientRect() } : null;
  }

  /** The first section that is not above what is seen. */
  #top() {
    let [low, high] = [0, this.#sections.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sections[middle].section.getBoundingClientRect().bottom > 0) high = middle;
      else low = middle + 1;
    }
    return this.#sections[low];
  }

  /** Anew, and what was seen stays in sight: after a phone was turned, for example. */
  #layOut() {
    const { section, rect } = this.#anchor ?? {};
    this.#root.style.overflowAnchor = "none"; // the browser would do half of it
    this.#grid.measure();
    for (const { section, at } of this.#shelves.values()) section.shelves[at].makeRoom(size(section.count, at), this.#grid.columns);
    if (section && rect) {
      const now = section.getBoundingClientRect();
      window.scrollBy(0, now.top - (rect.top < 0 ? (rect.top * now.height) / rect.height : rect.top));
    }
    requestAnimationFrame(() => (this.#root.style.overflowAnchor = ""));
  }

  /**
   * @param {string} day
   * @param {number} count
   */
  #section(day, count) {
    const section = this.#byDay.get(day) ?? this.#makeSection(day);
    setText(section.heading, this.#page.dates.day(day));
    if (section.count === count) return section;
    section.count = count;
    setText(/** @type {HTMLElement} */ (section.section.querySelector(".count")), this.#page.messages.text("recordings.count", { n: count }));
    const shelves = Math.ceil(count / SHELF);
    while (section.shelves.length > shelves) this.#removeShelf(/** @type {Shelf} */ (section.shelves.pop()));
    while (section.shelves.length < shelves) this.#addShelf(section);
    section.shelves.forEach((shelf, at) => shelf.makeRoom(size(count, at), this.#grid.columns));
    return section;
  }

  /** @param {string} day */
  #makeSection(day) {
    const heading = make("h3", "");
    const pick = /** @type {HTMLButtonElement} */ (make("button", "pick quiet", this.#page.messages.text("recordings.pick_day")));
    const made = { day, section: make("section", "day"), heading, pick, shelves: [], count: 0 };
    const head = make("div", "head");
    pick.hidden = !this.#isChoosing;
    pick.setAttribute("aria-label", `${this.#page.messages.text("recordings.pick_day")}: ${this.#page.dates.fullDay(day)}`);
    pick.addEventListener("click", () => this.#page.pick(day));
    made.section.dataset.day = day;
    head.append(heading, make("span", "count"), pick);
    made.section.append(head);
    this.#byDay.set(day, made);
    return made;
  }

  /** @param {Section} section */
  #addShelf(section) {
    const shelf = new Shelf(this.#page);
    this.#shelves.set(shelf.element, { section, at: section.shelves.length });
    section.shelves.push(shelf);
    section.section.append(shelf.element);
    this.#observer.observe(shelf.element);
  }

  /** @param {Section} section */
  #remove(section) {
    section.shelves.forEach((shelf) => this.#removeShelf(shelf));
    this.#byDay.delete(section.day);
  }

  /** @param {Shelf} shelf */
  #removeShelf(shelf) {
    this.#observer.unobserve(shelf.element);
    this.#near.delete(shelf.element);
    this.#shelves.delete(shelf.element);
    shelf.clear();
    shelf.element.remove();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onNear(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting || target.contains(document.activeElement)) this.#near.add(target);
      else this.#near.delete(target);
      this.#fill(target);
    }
    this.#followNear();
  }

  #fillAll() {
    for (const element of this.#near) this.#fill(element);
    this.#followNear();
  }

  #followNear() {
    this.#page.library.look([...this.#near].map((element) => this.#shelves.get(element)?.section.day ?? ""));
    this.#offerFocus();
  }

  /** Its cards, if they are known; none where it is far. @param {Element} element a shelf */
  #fill(element) {
    const place = this.#shelves.get(element);
    if (!place) return;
    const { section, at } = place;
    const rows = this.#near.has(element) ? this.#page.library.rows(section.day) : [];
    section.shelves[at].fill((rows ?? []).slice(at * SHELF, (at + 1) * SHELF));
    for (const card of section.shelves[at].cards) {
      card.choose(this.#page.isChosen(card.recording));
      card.link.tabIndex = card.recording.name === this.#current ? 0 : -1;
    }
  }

  /** One card is reached by the tabulator key: the current one, or the first that is seen. */
  #offerFocus() {
    if (this.#card(this.#current)) return;
    const seen = this.#cards().find(({ element }) => element.getBoundingClientRect().bottom > 0);
    this.#setCurrent(seen ?? null);
  }

  /** @param {FocusEvent} event */
  #onFocus({ target }) {
    const card = target instanceof HTMLElement ? this.cardOf(target) : null;
    if (card) this.#setCurrent(card);
  }

  /** @param {Card | null} card */
  #setCurrent(card) {
    const before = this.#card(this.#current);
    if (before) before.link.tabIndex = -1;
    this.#current = card?.recording.name ?? "";
    if (card) card.link.tabIndex = 0;
  }

  /** @param {string} name */
  #card(name) {
    for (const element of this.#near) {
      const place = this.#shelves.get(element);
      const card = place?.section.shelves[place.at].card(name);
      if (card) return card;
    }
    return null;
  }

  /** In the order of the page. @returns {Card[]} */
  #cards() {
    return this.#sections.flatMap(({ shelves }) => shelves.filter(({ element }) => this.#near.has(element)).flatMap(({ cards }) => cards));
  }
}

/**
 * Of one of a day's shelves.
 * @param {number} count of all of them
 * @param {number} at
 */
function size(count, at) {
  return Math.min(SHELF, count - at * SHELF);
}
