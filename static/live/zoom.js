import { pictureRect } from "../lib/bbox_overlay.js";

/** @typedef {import("../lib/bbox_overlay.js").BBoxOverlay} BBoxOverlay */
/** @typedef {import("../lib/detection_ring.js").Rect} Rect */

const MOST = 8;
const BY_DOUBLE_TAP = 2.5;
const BY_KEY = 1.25;
const BY_WHEEL = 0.002; // of each pixel that the wheel says; a line is as many as this
const LINE = 16;
const KEY_STEP = 0.1; // of the picture's side
const TAP_MOVES = 12; // pixels: a finger that moved less has tapped
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_APART = 40; // pixels

/** @type {Record<string, [number, number]>} where the look goes */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {{x: number, y: number}} Point pixels of the picture's place, from its upper left corner */

/**
 * A closer look at the picture: by two fingers, wheel, double tap or keys; moved by a finger, the mouse or the arrows. The
 * picture and its boxes are moved and made larger as one, and nothing beside the picture is shown where it could be seen. While
 * it is zoomed, the camera has `data-zoomed`.
 */
export class Zoom {
  #camera;
  #zoomed;
  #place;
  #overlay;
  #scale = 1;
  #at = { x: 0, y: 0 }; // of the zoomed place's corner
  /** @type {Rect} where the picture is in its place, not zoomed */
  #rect = { x: 0, y: 0, w: 0, h: 0 };
  #middle = { x: 0, y: 0 }; // of the place
  /** @type {Map<number, Point>} fingers and pressed mice, by their ids */
  #pointers = new Map();
  /** @type {{from: Point, moved: boolean} | null} since the first of them came */
  #press = null;
  /** @type {{at: Point, time: number} | null} */
  #lastTap = null;

  /**
   * @param {HTMLElement} camera
   * @param {HTMLElement} zoomed the picture and its boxes, as large as their parent
   * @param {BBoxOverlay} overlay
   */
  constructor(camera, zoomed, overlay) {
    this.#camera = camera;
    this.#zoomed = zoomed;
    this.#overlay = overlay;
    this.#place = /** @type {HTMLElement} */ (zoomed.parentElement);
    Object.assign(zoomed.style, { position: "absolute", inset: "0", transformOrigin: "0 0" });
    const on = this.#place.addEventListener.bind(this.#place);
    on("pointerdown", (event) => this.#onDown(event));
    on("pointermove", (event) => this.#onMove(event));
    window.addEventListener("pointerup", (event) => this.#onUp(event)); // wherever the mouse is by then
    window.addEventListener("pointercancel", (event) => this.#forget(event.pointerId));
    on("touchmove", (event) => this.#keepFromScrolling(event), { passive: false });
    on("gesturestart", (event) => event.preventDefault()); // Safari's own, which would zoom the page
    this.#set(1, this.#at);
    new ResizeObserver(() => this.#onResize()).observe(this.#place);
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE);
    // A pinch on a touchpad comes as small turns of a wheel with ctrl.
    const pace = event.ctrlKey && Math.abs(pixels) < 50 ? 5 * BY_WHEEL : BY_WHEEL;
    this.#zoomTo(this.#scale * Math.exp(-pixels * pace), this.#pointOf(event));
  }

  /** @param {string} key */
  onKey(key) {
    const { clientWidth: w, clientHeight: h } = this.#place;
    if (key === "0") this.#set(1, { x: 0, y: 0 });
    else if (key === "-") this.#zoomTo(this.#scale / BY_KEY, this.#middle);
    else if (key in ARROWS) this.#moveBy(-ARROWS[key][0] * KEY_STEP * w, -ARROWS[key][1] * KEY_STEP * h);
    else this.#zoomTo(this.#scale * BY_KEY, this.#middle);
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (event.button !== 0 || isControl(event)) return;
    const at = this.#pointOf(event);
    if (this.#pointers.size === 0) this.#press = { from: at, moved: false };
    else if (this.#press) this.#press.moved = true; // two fingers do not tap
    this.#pointers.set(event.pointerId, at);
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before || !this.#press) return this.#adopt(event);
    const now = this.#pointOf(event);
    this.#press.moved ||= distance(now, this.#press.from) > TAP_MOVES;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other) this.#pinch(before, now, other);
    else this.#drag(event, before, now);
  }

  /** A finger that was there before this module was. @param {PointerEvent} event */
  #adopt(event) {
    if (event.pointerType !== "touch" || isControl(event)) return;
    const at = this.#pointOf(event);
    this.#press ??= { from: at, moved: true };
    this.#pointers.set(event.pointerId, at);
  }

  /**
   * @param {PointerEvent} event
   * @param {Point} before
   * @param {Point} now
   */
  #drag(event, before, now) {
    if (this.#scale === 1) return;
    this.#place.setPointerCapture(event.pointerId); // the mouse may leave the picture
    this.#moveBy(now.x - before.x, now.y - before.y);
  }

  /**
   * @param {Point} before of the finger that moves
   * @param {Point} now
   * @param {Point} other finger, which rests meanwhile
   */
  #pinch(before, now, other) {
    const [was, is] = [middleOf(before, other), middleOf(now, other)];
    this.#zoomTo((this.#scale * distance(now, other)) / Math.max(1, distance(before, other)), was);
    this.#moveBy(is.x - was.x, is.y - was.y);
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    const tapped = this.#pointers.has(event.pointerId) && this.#press && !this.#press.moved;
    this.#forget(event.pointerId);
    if (tapped) this.#onTap(this.#pointOf(event), event.timeStamp);
    else this.#lastTap = null;
  }

  /** @param {number} pointerId */
  #forget(pointerId) {
    this.#pointers.delete(pointerId);
    if (this.#pointers.size === 0) this.#press = null;
  }

  /**
   * @param {Point} at
   * @param {number} time milliseconds
   */
  #onTap(at, time) {
    const last = this.#lastTap;
    const second = last && time - last.time < DOUBLE_TAP_MS && distance(at, last.at) < DOUBLE_TAP_APART;
    this.#lastTap = second ? null : { at, time };
    if (!second) return;
    if (this.#scale > 1) this.#set(1, { x: 0, y: 0 });
    else this.#zoomTo(BY_DOUBLE_TAP, at);
  }

  // One finger scrolls the page, unless the picture is zoomed; two are for the picture.
  /** @param {TouchEvent} event */
  #keepFromScrolling(event) {
    if (event.cancelable && (this.#scale > 1 || event.touches.length > 1)) event.preventDefault();
  }

  /**
   * @param {number} scale
   * @param {Point} point that stays where it is
   */
  #zoomTo(scale, point) {
    const next = within(scale, 1, MOST);
    const ratio = next / this.#scale;
    this.#set(next, { x: point.x - (point.x - this.#at.x) * ratio, y: point.y - (point.y - this.#at.y) * ratio });
  }

  /**
   * @param {number} x pixels
   * @param {number} y
   */
  #moveBy(x, y) {
    this.#set(this.#scale, { x: this.#at.x + x, y: this.#at.y + y });
  }

  /**
   * @param {number} scale
   * @param {Point} at
   */
  #set(scale, at) {
    const { clientWidth: w, clientHeight: h } = this.#place;
    const rect = this.#whole(w, h);
    this.#rect = rect;
    this.#middle = { x: w / 2, y: h / 2 };
    this.#scale = scale < 1.01 ? 1 : scale;
    this.#at = { x: kept(at.x, w, rect.x, rect.w, this.#scale), y: kept(at.y, h, rect.y, rect.h, this.#scale) };
    const zoomed = this.#scale > 1;
    this.#zoomed.style.transform = zoomed ? `translate(${this.#at.x}px, ${this.#at.y}px) scale(${this.#scale})` : "";
    this.#camera.toggleAttribute("data-zoomed", zoomed);
    Object.assign(this.#place.style, { touchAction: zoomed ? "none" : "pan-x pan-y", cursor: zoomed ? "move" : "" });
    this.#overlay.setZoom(this.#scale, { x: -this.#at.x, y: -this.#at.y, w, h });
  }

  /** What was in the middle stays there, as where the picture begins to fill the screen. */
  #onResize() {
    const [before, scale, at] = [this.#rect, this.#scale, this.#at];
    const { clientWidth: w, clientHeight: h } = this.#place;
    const now = this.#whole(w, h);
    const [x, y] = [(this.#middle.x - at.x) / scale - before.x, (this.#middle.y - at.y) / scale - before.y];
    const [across, down] = [now.w / (before.w || 1), now.h / (before.h || 1)];
    this.#set(scale, { x: w / 2 - (now.x + x * across) * scale, y: h / 2 - (now.y + y * down) * scale });
  }

  /**
   * @param {number} w of the place, pixels
   * @param {number} h
   */
  #whole(w, h) {
    const { width, height } = this.#overlay.picture;
    return pictureRect(w, h, width || w, height || h);
  }

  /** @param {MouseEvent} event @returns {Point} */
  #pointOf(event) {
    const { left, top } = this.#place.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}

/** Whether it is a press on something that lies on the picture. @param {Event} event */
function isControl(event) {
  return /** @type {Element} */ (event.target).closest("button, a") !== null;
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function middleOf(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/**
 * Where the place's corner is on one axis, so that the picture fills the place, or is in its middle where it is smaller.
 * @param {number} at where it is to be
 * @param {number} side of the place
 * @param {number} from where the picture begins in the place that is not zoomed
 * @param {number} length of the picture there
 * @param {number} scale
 */
function kept(at, side, from, length, scale) {
  const [start, end] = [from * scale, (from + length) * scale];
  return end - start <= side ? (side - start - end) / 2 : within(at, side - end, -start);
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function within(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
