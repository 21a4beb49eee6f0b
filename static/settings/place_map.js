import { byId } from "../lib/dom.js";
import { make } from "../lib/make.js";
import { followPointer } from "./drag.js";
import { bounds, contains, moved, rectangle, within, withCorner } from "./shapes.js";

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./places_store.js").Place} Place */
/**
 * @typedef {object} Told
 * @property {(points: Point[]) => void} drawn a new one
 * @property {(index: number) => void} chosen −1: none
 * @property {(index: number, points: Point[]) => void} moved while it is
 * @property {() => void} stepped by a key; perhaps more come
 * @property {() => void} settled it stays as it was moved to
 * @property {() => void} dropped it is to be as it was before
 */

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.01; // parts of the picture by an arrow key
const LARGE = 5; // times as much with Shift
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** The places over the picture: their shapes, their names, by which all of one is moved, and the corners of the one that is chosen. */
export class PlaceMap {
  #messages;
  #told;
  #map = byId("map");
  #shapes = byId("shapes");
  #handles = byId("handles");
  #draft = document.createElementNS(SVG, "polygon");
  /** @type {HTMLButtonElement[]} */
  #names = [];
  /** @type {HTMLButtonElement[]} */
  #corners = [];
  /** @type {Place[]} */
  #places = [];
  #chosen = -1;

  /**
   * @param {import("../lib/messages.js").Messages} messages
   * @param {Told} told
   */
  constructor(messages, told) {
    this.#messages = messages;
    this.#told = told;
    this.#draft.setAttribute("class", "draft");
    new ResizeObserver(() => this.show(this.#places, this.#chosen)).observe(this.#map); // names stay within it
    followPointer(this.#shapes, (event) => this.#draw(event));
  }

  /**
   * Elements stay where they are the same, so that the focus does, and what is held is not lost.
   * @param {Place[]} places
   * @param {number} chosen
   */
  show(places, chosen) {
    this.#places = places;
    this.#chosen = chosen;
    const polygons = places.map(({ points }, index) => this.#polygon(points, index === chosen));
    this.#shapes.replaceChildren(...polygons, ...(this.#draft.parentNode ? [this.#draft] : []));
    resize(this.#names, places.length, (index) => this.#makeName(index));
    places.forEach((place, index) => this.#showName(this.#names[index], place, index === chosen));
    const points = places[chosen]?.points ?? [];
    resize(this.#corners, points.length, (index) => this.#makeCorner(index));
    points.forEach((point, index) => this.#showCorner(this.#corners[index], point, index));
  }

  /** @param {Point[]} points @param {boolean} isChosen */
  #polygon(points, isChosen) {
    const polygon = document.createElementNS(SVG, "polygon");
    polygon.setAttribute("class", isChosen ? "shape chosen" : "shape");
    polygon.setAttribute("points", points.join(" "));
    return polygon;
  }

  /** @param {HTMLButtonElement} button @param {Place} place @param {boolean} isChosen */
  #showName(button, { name, points }, isChosen) {
    const { left, right, top, bottom } = bounds(points);
    button.textContent = name;
    const half = [button.offsetWidth / 2 / this.#map.clientWidth, button.offsetHeight / 2 / this.#map.clientHeight];
    put(button, [between(half[0], (left + right) / 2), between(half[1], (top + bottom) / 2)]);
    button.setAttribute("aria-label", this.#messages.text("settings.places.move", { name }));
    button.classList.toggle("chosen", isChosen);
  }

  /** @param {HTMLButtonElement} button @param {Point} point @param {number} index */
  #showCorner(button, point, index) {
    put(button, point);
    const { name } = this.#places[this.#chosen];
    button.setAttribute("aria-label", this.#messages.text("settings.places.corner", { name, n: index + 1 }));
  }

  /** @param {number} index */
  #makeName(index) {
    return this.#handle("place-name", () => index, (points, [dx, dy]) => moved(points, dx, dy));
  }

  /** @param {number} corner */
  #makeCorner(corner) {
    /** @param {Point[]} points @param {Point} way @returns {Point[]} */
    const change = (points, [dx, dy]) => withCorner(points, corner, [points[corner][0] + dx, points[corner][1] + dy]);
    return this.#handle("corner", () => this.#chosen, change);
  }

  /**
   * A button that is moved by a finger, the mouse, or arrow keys.
   * @param {string} kind
   * @param {() => number} indexOf the place that it moves something of
   * @param {(points: Point[], way: Point) => Point[]} change
   */
  #handle(kind, indexOf, change) {
    const button = make("button", kind);
    button.setAttribute("aria-describedby", "places-keys");
    button.addEventListener("focus", () => this.#told.chosen(indexOf()));
    button.addEventListener("keydown", (event) => this.#step(event, indexOf(), change));
    button.addEventListener("keyup", (event) => event.key in ARROWS && this.#told.stepped());
    button.addEventListener("blur", () => this.#told.settled());
    followPointer(button, (event) => {
      this.#told.chosen(indexOf()); // some browsers give a pressed button no focus
      return this.#carry(event, indexOf(), change);
    });
    this.#handles.append(button);
    return button;
  }

  /** @param {KeyboardEvent} event @param {number} index @param {(points: Point[], way: Point) => Point[]} change */
  #step(event, index, change) {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    const [dx, dy] = ARROWS[event.key];
    const times = event.shiftKey ? LARGE : 1;
    this.#told.moved(index, change(this.#places[index].points, [times * dx, times * dy]));
  }

  /** @param {PointerEvent} event @param {number} index @param {(points: Point[], way: Point) => Point[]} change */
  #carry(event, index, change) {
    const [before, { points }] = [this.#at(event), this.#places[index]];
    return {
      move: (/** @type {PointerEvent} */ to) => {
        const [x, y] = this.#at(to);
        this.#told.moved(index, change(points, [x - before[0], y - before[1]]));
      },
      end: () => this.#told.settled(),
      cancel: () => this.#told.dropped(),
    };
  }

  /** On the picture: a new place, or a touch that chooses one. @param {PointerEvent} event */
  #draw(event) {
    const begin = this.#at(event);
    const show = (/** @type {PointerEvent} */ to) => {
      this.#draft.setAttribute("points", (rectangle(begin, this.#at(to)) ?? []).join(" "));
      if (!this.#draft.parentNode) this.#shapes.append(this.#draft);
    };
    return {
      move: show,
      end: (/** @type {PointerEvent} */ to) => {
        this.#draft.remove();
        const points = rectangle(begin, this.#at(to));
        if (points) this.#told.drawn(points);
        else this.#told.chosen(this.#places.findIndex((place) => contains(place.points, begin)));
      },
      cancel: () => this.#draft.remove(),
    };
  }

  /** @param {PointerEvent} event @returns {Point} */
  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.#map.getBoundingClientRect();
    return [within((clientX - left) / width), within((clientY - top) / height)];
  }
}

/** As far from both edges. @param {number} least @param {number} part */
function between(least, part) {
  return Math.max(least, Math.min(part, 1 - least));
}

/** @param {HTMLElement} element @param {Point} point */
function put(element, [x, y]) {
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
}

/**
 * @template {Element} T
 * @param {T[]} elements
 * @param {number} count
 * @param {(index: number) => T} makeOne
 */
function resize(elements, count, makeOne) {
  while (elements.length > count) elements.pop()?.remove();
  while (elements.length < count) elements.push(makeOne(elements.length));
}
