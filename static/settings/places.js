import { byId } from "../lib/dom.js";
import { PlaceList } from "./place_list.js";
import { PlaceMap } from "./place_map.js";
import { Setting } from "./setting.js";
import { moved } from "./shapes.js";

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./places_store.js").Place} Place */

const KEYS_MS = 700; // after the last arrow key, before what was moved by them is saved at once
/** @type {Point[]} */
const MIDDLE = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];
const BESIDE = 0.04; // parts of the picture, from one that is added to the next

/** The places, on the picture and in the list; each change is saved at once, and can be taken back. */
export class Places extends Setting {
  #add = byId("place-add");
  #most = Number(this.#add.dataset.most);
  /** @type {Place[]} as they are shown */
  #places = [];
  #chosen = -1;
  #timer = 0;
  #isMoved = false; // and not saved yet
  #map;
  #list;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    const chosen = (/** @type {number} */ index) => this.#choose(index);
    this.#map = new PlaceMap(this.messages, {
      chosen,
      drawn: (points) => this.#addPlace(points),
      moved: (index, points) => this.#move(index, points),
      stepped: () => this.#settleSoon(),
      settled: () => this.#settle(),
      dropped: () => this.#drop(),
    });
    this.#list = new PlaceList(this.messages, {
      chosen,
      named: (index, name) => this.#name(index, name),
      removed: (index) => this.#remove(index),
    });
    this.#add.addEventListener("click", () => this.#addPlace(moved(MIDDLE, ...this.#beside())));
    this.show(this.store.settings);
  }

  /** @param {any} document */
  show({ places }) {
    if (!this.#isMoved) this.#places = places;
    this.#show();
  }

  focus() {
    this.#add.focus();
  }

  #show() {
    if (this.#chosen >= this.#places.length) this.#chosen = -1;
    this.#map.show(this.#places, this.#chosen);
    this.#list.show(this.#places, this.#chosen);
  }

  /** @param {number} index */
  #choose(index) {
    if (index === this.#chosen) return;
    this.#chosen = index;
    this.#show();
  }

  /** @param {Point[]} points */
  #addPlace(points) {
    if (this.#places.length >= this.#most) return this.problem(this.messages.text("settings.places.most", { n: this.#most }));
    this.#places = [...this.#places, { name: this.#freeName(), points }];
    this.#chosen = this.#places.length - 1;
    this.#show();
    if (!matchMedia("(pointer: coarse)").matches) this.#list.edit(this.#chosen); // a phone's keyboard would hide the picture
    return this.#save();
  }

  #freeName() {
    const taken = this.#places.map(({ name }) => name);
    let n = taken.length + 1;
    while (taken.includes(this.messages.text("settings.places.new", { n }))) n += 1;
    return this.messages.text("settings.places.new", { n });
  }

  /** How far from the middle a new one is not on another. @returns {[number, number]} */
  #beside() {
    const starts = this.#places.map(({ points }) => points[0].join());
    let n = 0;
    while (n < 8 && starts.includes(moved(MIDDLE, n * BESIDE, n * BESIDE)[0].join())) n += 1;
    return [n * BESIDE, n * BESIDE];
  }

  /** @param {number} index @param {string} name */
  #name(index, name) {
    const isTaken = this.#places.some((place, other) => other !== index && place.name === name);
    if (!name || isTaken) {
      this.#show();
      return this.problem(this.messages.text(name ? "settings.places.double" : "settings.places.nameless"));
    }
    if (name === this.#places[index].name) return this.#show();
    this.#places = this.#places.map((place, other) => (other === index ? { ...place, name } : place));
    return this.#save();
  }

  /** @param {number} index */
  #remove(index) {
    this.#places = this.#places.filter((_, other) => other !== index);
    this.#chosen = -1;
    this.#show();
    if (!this.#list.focus(index)) this.focus();
    return this.#save();
  }

  /** @param {number} index @param {Point[]} points */
  #move(index, points) {
    clearTimeout(this.#timer);
    this.#isMoved = true;
    this.#places = this.#places.map((place, other) => (other === index ? { ...place, points } : place));
    this.#show();
  }

  #settle() {
    if (this.#isMoved) this.#save();
  }

  /** Of many keys one after the other the last is what was meant. */
  #settleSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), KEYS_MS);
  }

  #drop() {
    this.#isMoved = false;
    this.show(this.store.settings);
  }

  #save() {
    clearTimeout(this.#timer);
    this.#isMoved = false;
    return this.save({ places: this.#places });
  }
}
