import { pairsOf } from "./interpolation.js";

/** @typedef {import("./detection_ring.js").Boxes} Boxes */
/** @typedef {import("./detection_ring.js").Detection} Detection */
/** @typedef {import("./detection_ring.js").Rect} Rect */

const EASE_MS = 200;
const SMALLEST = 1; // pixel of the picture, which nobody sees

/**
 * Leads boxes to where a new result puts them, where they would jump else. Who comes is there at once, who goes is gone at
 * once.
 */
export class Easing {
  /** @type {Boxes | null} where the boxes belong, as of the last call */
  #aim = null;
  /** @type {Detection[]} where they were drawn then */
  #drawn = [];
  /** @type {(Rect | undefined)[]} how far each of #aim was away from there when the result came */
  #away = [];
  #began = 0; // milliseconds
  #left = 0; // of #away: 1 at the beginning, 0 in the end

  /** Whether boxes are still on their way, as of the last call. */
  get isUnderWay() {
    return this.#left > 0;
  }

  /**
   * Where to draw them.
   *
   * @param {Boxes} aim
   * @param {number} now milliseconds
   * @param {number} gap milliseconds from result to result, in which a pet moves; 0: nothing is to be led
   * @returns {Detection[]}
   */
  lead(aim, now, gap) {
    if (gap === 0 || (aim.match === "exact" && this.#aim?.match === "exact")) this.#away = []; // these follow the picture
    else if (isAnother(aim, this.#aim)) this.#begin(aim, now, gap);
    this.#left = this.#away.some(Boolean) ? remaining((now - this.#began) / EASE_MS) : 0;
    this.#aim = aim;
    this.#drawn = this.#left ? aim.detections.map((detection, i) => moved(detection, this.#away[i], this.#left)) : aim.detections;
    return this.#drawn;
  }

  /**
   * @param {Boxes} aim
   * @param {number} now
   * @param {number} gap
   */
  #begin(aim, now, gap) {
    const before = this.#aim?.result;
    const pairs = before && aim.result ? pairsOf({ ...before, detections: this.#drawn }, { ...aim.result, detections: aim.detections }, gap) : new Map();
    const from = new Map([...pairs].map(([drawn, detection]) => [detection, drawn.bbox]));
    this.#away = aim.detections.map((detection) => difference(from.get(detection), detection.bbox));
    this.#began = now;
  }
}

/**
 * Whether boxes come by another result than before, and perhaps from far away.
 * @param {Boxes} aim
 * @param {Boxes | null} before
 */
function isAnother(aim, before) {
  if (!before || aim.result !== before.result || aim.detections.length !== before.detections.length) return true;
  return (aim.match === "interpolated") !== (before.match === "interpolated");
}

/** Slow at first and in the end. @param {number} part of the time that is over, 0 to 1 or more */
function remaining(part) {
  return part < 1 ? 1 - part * part * (3 - 2 * part) : 0;
}

/**
 * @param {Rect | undefined} from
 * @param {Rect} to
 * @returns {Rect | undefined} undefined where there is nothing to see of it
 */
function difference(from, to) {
  if (!from) return undefined;
  const away = { x: from.x - to.x, y: from.y - to.y, w: from.w - to.w, h: from.h - to.h };
  return Math.max(...Object.values(away).map(Math.abs)) < SMALLEST ? undefined : away;
}

/**
 * @param {Detection} detection
 * @param {Rect | undefined} away
 * @param {number} left of that way
 * @returns {Detection}
 */
function moved(detection, away, left) {
  if (!away) return detection;
  const { x, y, w, h } = detection.bbox;
  return { ...detection, bbox: { x: x + away.x * left, y: y + away.y * left, w: w + away.w * left, h: h + away.h * left } };
}
