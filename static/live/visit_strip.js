import { setText } from "../lib/dom.js";
import { make } from "../lib/make.js";
import { loadStyle } from "./style_sheet.js";
import { VisitCard } from "./visit_card.js";
import { isHere, VisitWords } from "./visit_words.js";
import { Visits } from "./visits.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./visits.js").Visit} Visit */

const MOST = 6;
const NEAR = "0px 160px"; // a card beyond what is seen of the row
const TICK_MS = 10_000;

/** Says who is here or was seen last, and shows today's last visits; loaded after the first picture. Hidden until there are any. */
export class VisitStrip {
  visits = new Visits();
  #section;
  #messages;
  #words;
  #style;
  #main = make("span", "visits-main");
  #more = make("span", "visits-more");
  #row = make("ul", "visits-row");
  #nobody = make("li", "visits-note");
  #hint = make("li", "visits-note");
  /** @type {Map<number, VisitCard>} */
  #cards = new Map();
  #mayBeTold; // that visits can be recorded
  #isManual = false;
  #timer = 0;
  #near = new IntersectionObserver((entries) => this.#onNear(entries), { rootMargin: NEAR });

  /**
   * @param {HTMLElement} section empty and hidden; its `data-style` is the style sheet
   * @param {Messages} messages
   * @param {{zone: string, mayChange: boolean}} page the board's time zone; whether an owner looks
   */
  constructor(section, messages, { zone, mayChange }) {
    this.#section = section;
    this.#messages = messages;
    this.#words = new VisitWords(messages, zone);
    this.#mayBeTold = mayChange;
    this.#style = loadStyle(section.dataset.style);
    this.#assemble();
    this.visits.addEventListener("change", () => this.#style.then(() => this.#show()));
    document.addEventListener("visibilitychange", () => this.#show());
  }

  /** Settled once it is known whether it is to be there, and it is. */
  async start() {
    await this.visits.start();
    await this.#style;
  }

  /** Undo start(). */
  close() {
    clearTimeout(this.#timer);
    this.visits.close();
  }

  /** Whether visits are recorded only by hand. @param {boolean} isManual */
  follow(isManual) {
    if (isManual === this.#isManual) return;
    this.#isManual = isManual;
    this.#style.then(() => this.#show());
  }

  #assemble() {
    const said = make("p", "visits-said");
    this.#main.setAttribute("role", "status");
    this.#row.setAttribute("aria-label", this.#messages.text("live.visits.today"));
    this.#nobody.textContent = this.#messages.text("live.visits.empty");
    this.#hint.textContent = this.#messages.text("live.visits.hint");
    said.append(this.#main, " ", this.#more);
    this.#section.append(said, this.#row);
  }

  /** And again after a while, for what goes by the clock. */
  #show() {
    const { all, now } = this.visits;
    clearTimeout(this.#timer);
    this.#section.hidden = all.length === 0;
    if (document.hidden || this.#section.hidden) return;
    this.#timer = setTimeout(() => this.#show(), TICK_MS);
    const [main, more] = this.#words.summary(all, now);
    setText(this.#main, main);
    setText(this.#more, more);
    const today = all.filter((visit) => isHere(visit, now) || this.#words.daysBetween(visit.end, now) === 0).slice(0, MOST);
    for (const visit of today) this.#cardOf(visit).show(visit, now);
    this.#arrange(today);
  }

  /** @param {Visit} visit */
  #cardOf(visit) {
    const made = this.#cards.get(visit.id) ?? new VisitCard(visit, this.#messages, this.#words);
    this.#cards.set(visit.id, made);
    return made;
  }

  /** Cards stay where they are, so that what has the focus keeps it. @param {Visit[]} today */
  #arrange(today) {
    const shown = today.map(({ id }) => /** @type {VisitCard} */ (this.#cards.get(id)));
    for (const [id, card] of this.#cards) if (!shown.includes(card)) this.#drop(id, card);
    const isToTell = this.#mayBeTold && this.#isManual && today.some(({ video, open }) => video === "none" && !open);
    const items = [...shown.map(({ element }) => element), ...(shown.length ? [] : [this.#nobody]), ...(isToTell ? [this.#hint] : [])];
    for (const old of [...this.#row.children]) if (!items.includes(/** @type {HTMLLIElement} */ (old))) old.remove();
    items.forEach((item, i) => {
      if (this.#row.children[i] === item) return;
      this.#row.insertBefore(item, this.#row.children[i] ?? null);
      this.#near.observe(item);
    });
    if (shown.some(({ isLink }) => isLink)) this.#row.removeAttribute("tabindex");
    else this.#row.tabIndex = 0; // or the keyboard could not scroll it
  }

  /** @param {number} id @param {VisitCard} card */
  #drop(id, card) {
    this.#cards.delete(id);
    this.#near.unobserve(card.element);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onNear(entries) {
    for (const { isIntersecting, target } of entries) {
      const card = isIntersecting && [...this.#cards.values()].find(({ element }) => element === target);
      if (card) card.onSeen(this.visits.now);
    }
  }
}
