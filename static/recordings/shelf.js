import { make } from "../lib/make.js";
import { Card } from "./card.js";
import { place } from "./place.js";

/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {ConstructorParameters<typeof Card>[1]} Page */

/**
 * A part of a day's grid. It always takes the room of all its cards, but has them only while it is near to what is seen, so
 * that thousands of recordings cost no more than dozens.
 */
export class Shelf {
  element = make("ul", "shelf");
  #page;
  /** @type {Map<string, Card>} by names, in their order */
  #cards = new Map();

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  get cards() {
    return [...this.#cards.values()];
  }

  /** @param {string} name */
  card(name) {
    return this.#cards.get(name);
  }

  /**
   * @param {number} count for how many there must be room
   * @param {number} columns
   */
  makeRoom(count, columns) {
    this.element.style.setProperty("--rows", String(Math.ceil(count / columns)));
  }

  /** A card stays the same as long as its recording does. @param {Recording[]} recordings */
  fill(recordings) {
    const cards = new Map(recordings.map((recording) => [recording.name, this.#card(recording)]));
    for (const [name, card] of this.#cards) if (!cards.has(name)) card.close();
    this.#cards = cards;
    place(this.element, this.cards.map(({ element }) => element));
  }

  clear() {
    if (this.#cards.size) this.fill([]);
  }

  /** @param {Recording} recording */
  #card(recording) {
    const known = this.#cards.get(recording.name);
    known?.show(recording);
    return known ?? new Card(recording, this.#page);
  }
}
