import { DetectionRing } from "./detection_ring.js";
import { DetectorDelay } from "./detector_delay.js";
import { Easing } from "./easing.js";

/** @typedef {import("./detection_ring.js").Detection} Detection */
/** @typedef {import("./detection_ring.js").DetectionResult} DetectionResult */
/** @typedef {import("./detection_ring.js").Match} Match */
/** @typedef {import("./detection_ring.js").Rect} Rect */
/** @typedef {import("./frames.js").PictureSource} PictureSource */
/** @typedef {import("./frames.js").PresentedFrame} PresentedFrame */

// In rem.
const LABEL_HEIGHT = 1.5;
const LABEL_PADDING = 0.5;
const FONT_SIZE = 0.8125;
const WIDEST_ZOOMED = 2560; // pixels of the canvas
const LABEL_GAP = 4; // pixels, to the box and to the picture's edges

/**
 * @typedef {object} OverlayState what is drawn now
 * @property {Match} match
 * @property {number | undefined} rtpTimestamp of the frame that it is drawn on
 * @property {number | undefined} resultTimestamp of the frame that the detector looked at: this one or one before it
 * @property {Detection[]} detections in pixels of the picture
 */

/**
 * Draws the detector's boxes over a picture, each on the frame that it was computed on where the picture's source tells
 * which frame it shows, else moved on or between two; `state` says which. The boxes of a slow detector are led to where its
 * next result puts them.
 *
 * Events: `draw` for each drawing.
 */
export class BBoxOverlay extends EventTarget {
  #picture;
  #canvas;
  #nameOf;
  #covering;
  #context;
  #ring = new DetectionRing();
  #easing = new Easing();
  #restful = matchMedia("(prefers-reduced-motion: reduce)");
  #animation = 0;
  /** How late the results are for the frames on the screen. */
  delay = new DetectorDelay();
  /** @type {OverlayState} */
  #state = { match: "none", rtpTimestamp: undefined, resultTimestamp: undefined, detections: [] };
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  #stopFrames = () => {};
  #vanishTimer = 0;
  #zoom = 1;
  /** @type {Rect | null} */
  #view = null;
  /** @type {number | undefined} */
  #rtpTimestamp;
  #past = false; // the frame on the screen is of a while ago

  /**
   * @param {PictureSource} picture
   * @param {HTMLCanvasElement} canvas of the same place and size as the picture's element
   * @param {(className: string) => string} nameOf what a person calls the class
   * @param {() => DOMRect[]} [covering] what lies on the picture and hides a label, in pixels of the window
   */
  constructor(picture, canvas, nameOf, covering = () => []) {
    super();
    this.#picture = picture;
    this.#canvas = canvas;
    this.#nameOf = nameOf;
    this.#covering = covering;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  get state() {
    return this.#state;
  }

  /** What it draws over, in whose pixels the boxes of `state` are. */
  get picture() {
    return this.#picture;
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    const resizes = new ResizeObserver(() => this.#draw());
    resizes.observe(this.#canvas);
    signal.addEventListener("abort", () => (resizes.disconnect(), this.#stopFrames()));
    this.watch(this.#picture);
  }

  /**
   * Draw over another picture from now on.
   * @param {PictureSource} picture
   */
  watch(picture) {
    this.#stopFrames();
    this.#picture = picture;
    this.#rtpTimestamp = undefined;
    this.delay.clear();
    if (this.#life) this.#stopFrames = picture.eachFrame((frame) => this.#onFrame(frame));
    this.#draw();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.clear();
  }

  /**
   * Draw a result from now on, until it is too old.
   * @param {DetectionResult} result
   */
  add(result) {
    const now = performance.now();
    this.#ring.add(result, now, this.#past ? undefined : this.#rtpTimestamp);
    this.delay.arrived(result.rtp_timestamp, now);
    clearTimeout(this.#vanishTimer);
    this.#vanishTimer = setTimeout(() => this.#draw(), this.#ring.pace.lifetime);
    this.#draw(); // it may be the result of the frame on the screen
  }

  /**
   * Draw these results of a recording, and no others.
   * @param {DetectionResult[]} results oldest first
   */
  replace(results) {
    this.#ring.replace(results);
    this.#draw();
  }

  /**
   * The canvas is shown larger by a transform: its lines and labels stay as they are.
   * @param {number} zoom
   * @param {Rect} view what is seen of the enlarged canvas, in pixels of the screen from its corner
   */
  setZoom(zoom, view) {
    this.#zoom = zoom;
    this.#view = view;
    this.#draw();
  }

  /** Forget all results: no more of them come. */
  clear() {
    clearTimeout(this.#vanishTimer);
    this.#ring.clear();
    this.#draw();
  }

  /** @param {PresentedFrame | null} frame */
  #onFrame(frame) {
    const { rtpTimestamp, receiveTime, past = false } = frame ?? {};
    this.#rtpTimestamp = rtpTimestamp;
    this.#past = past;
    this.#draw();
    if (rtpTimestamp !== undefined && !past) this.delay.presented(rtpTimestamp, performance.now(), receiveTime);
  }

  #draw() {
    const now = performance.now();
    const boxes = this.#ring.boxesFor(this.#rtpTimestamp, now, this.#past);
    const led = this.#easing.lead(boxes, now, this.#leads ? this.#ring.pace.lifetime : 0);
    const detections = boxes.result ? this.#inPixels(boxes.result, led) : [];
    const match = boxes.match === "exact" && this.#easing.isUnderWay ? "moved" : boxes.match;
    this.#state = { match, rtpTimestamp: this.#rtpTimestamp, resultTimestamp: boxes.result?.rtp_timestamp, detections };
    this.#paint(detections);
    if (this.#easing.isUnderWay) this.#drawAgain();
    this.dispatchEvent(new Event("draw"));
  }

  /** Whether a new result would have boxes jump. Those of the past go on their way from one to the next. */
  get #leads() {
    return !this.#past && this.#ring.pace.isSlow && !this.#restful.matches;
  }

  /** With the screen's next picture, also where the camera's comes later. */
  #drawAgain() {
    const { defaultView } = this.#canvas.ownerDocument; // the one in which it is seen
    this.#animation ||= defaultView?.requestAnimationFrame(() => ((this.#animation = 0), this.#draw())) ?? 0;
  }

  /**
   * The detector may look at a smaller picture than the one that is shown.
   * @param {DetectionResult} result in whose pixels they are
   * @param {Detection[]} detections
   * @returns {Detection[]}
   */
  #inPixels(result, detections) {
    const across = (this.#picture.width || result.width) / result.width;
    const down = (this.#picture.height || result.height) / result.height;
    return detections.map(({ bbox: { x, y, w, h }, ...detection }) => ({
      ...detection,
      bbox: { x: x * across, y: y * down, w: w * across, h: h * down },
    }));
  }

  /** @param {Detection[]} detections */
  #paint(detections) {
    const { clientWidth, clientHeight } = this.#canvas;
    const [across, down] = [clientWidth * this.#zoom, clientHeight * this.#zoom]; // on the screen, where it is zoomed
    fit(this.#canvas, across, down, clientWidth);
    const { width, height } = this.#picture;
    if (!detections.length || !width) return;
    const place = pictureRect(across, down, width, height);
    const seen = this.#view ? intersection(place, this.#view) : place;
    const covered = this.#covered();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    paintDetections(this.#context, detections, this.#picture, place, { nameOf: this.#nameOf, seen, covered, rem });
  }

  /** @returns {Rect[]} in the pixels that it is painted in */
  #covered() {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return this.#covering().map(({ x, y, width, height }) => ({ x: x - left, y: y - top, w: width, h: height }));
  }
}

/**
 * @typedef {object} Painting how boxes are painted
 * @property {(className: string) => string} nameOf what a person calls the class
 * @property {Rect} seen the part of the picture's place where labels are seen
 * @property {Rect[]} covered where nothing would be seen of them
 * @property {number} rem the text size
 */

/**
 * All lengths are in the context's pixels.
 * @param {CanvasRenderingContext2D} context
 * @param {Detection[]} detections
 * @param {{width: number, height: number}} picture in whose pixels they are
 * @param {Rect} place where the picture is
 * @param {Painting} painting
 */
export function paintDetections(context, detections, { width, height }, place, { nameOf, seen, covered, rem }) {
  const [across, down] = [place.w / width, place.h / height];
  for (const { class_name, confidence, bbox } of detections) {
    const whole = { x: place.x + bbox.x * across, y: place.y + bbox.y * down, w: bbox.w * across, h: bbox.h * down };
    const box = intersection(whole, place);
    if (!overlap(box, seen)) continue;
    paintBox(context, box);
    paintLabel(context, `${nameOf(class_name)} ${Math.round(confidence * 100)}%`, box, seen, covered, rem);
  }
}

/**
 * Where `object-fit: contain` puts a picture inside its element, in the element's pixels.
 * @param {number} width of the element
 * @param {number} height
 * @param {number} pictureWidth
 * @param {number} pictureHeight
 * @returns {Rect}
 */
export function pictureRect(width, height, pictureWidth, pictureHeight) {
  const scale = Math.min(width / pictureWidth, height / pictureHeight);
  const w = pictureWidth * scale;
  const h = pictureHeight * scale;
  return { x: (width - w) / 2, y: (height - h) / 2, w, h };
}

/**
 * @param {Rect} a
 * @param {Rect} b
 * @returns {Rect}
 */
function intersection(a, b) {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return { x, y, w: Math.min(a.x + a.w, b.x + b.w) - x, h: Math.min(a.y + a.h, b.y + b.h) - y };
}

/**
 * An empty canvas with one pixel for each of the screen's, drawn on in CSS pixels. One that is zoomed has so many only as
 * long as its memory stays in bounds.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width CSS pixels, as it is shown
 * @param {number} height
 * @param {number} laidOut CSS pixels: its width where nothing is zoomed
 */
function fit(canvas, width, height, laidOut) {
  const density = window.devicePixelRatio || 1;
  const ratio = Math.min(density, Math.max(laidOut * density, WIDEST_ZOOMED) / (width || 1));
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
}

/**
 * A light line within a dark one: seen on any picture.
 * @param {CanvasRenderingContext2D} context
 * @param {Rect} box
 */
function paintBox(context, { x, y, w, h }) {
  context.lineJoin = "round";
  context.strokeStyle = "rgba(6, 10, 14, 0.55)";
  context.lineWidth = 5;
  context.strokeRect(x, y, w, h);
  context.strokeStyle = "#7ee2a8";
  context.lineWidth = 2.5;
  context.strokeRect(x, y, w, h);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Rect} box
 * @param {Rect} picture
 * @param {Rect[]} covered where nothing would be seen of it
 * @param {number} rem the page's text size, pixels
 */
function paintLabel(context, text, box, picture, covered, rem) {
  context.font = `600 ${FONT_SIZE * rem}px system-ui, sans-serif`;
  const padding = LABEL_PADDING * rem;
  const size = { w: context.measureText(text).width + 2 * padding, h: LABEL_HEIGHT * rem };
  const { x, y } = labelPlace(size, box, picture, covered);
  context.fillStyle = "rgba(6, 10, 14, 0.78)";
  context.beginPath();
  if (context.roundRect) context.roundRect(x, y, size.w, size.h, 6);
  else context.rect(x, y, size.w, size.h);
  context.fill();
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(text, x + padding, y + size.h / 2 + 1);
}

/**
 * Where a box's label is: above it, or else inside it at its top, below it, or inside at its bottom, on its left or its
 * right. Never outside of the picture, and covered by nothing as long as there is such a place.
 * @param {{w: number, h: number}} size of the label
 * @param {Rect} box
 * @param {Rect} picture
 * @param {Rect[]} covered
 * @returns {{x: number, y: number}} its upper left corner
 */
export function labelPlace({ w, h }, box, picture, covered) {
  const right = picture.x + picture.w - w - LABEL_GAP;
  const bottom = picture.y + picture.h - h - LABEL_GAP;
  const within = (/** @type {number} */ at, /** @type {number} */ least, /** @type {number} */ most) =>
    Math.max(least, Math.min(at, most));
  const lower = box.y + box.h;
  const rows = [box.y - h - LABEL_GAP, box.y + LABEL_GAP, lower + LABEL_GAP, lower - h - LABEL_GAP];
  const places = [];
  for (const y of rows) {
    if (y < picture.y + LABEL_GAP || y > bottom) continue;
    for (const x of [box.x, box.x + box.w - w]) places.push({ x: within(x, picture.x + LABEL_GAP, right), y });
  }
  const seen = places.find(({ x, y }) => !covered.some((other) => overlap({ x, y, w, h }, other)));
  return seen ?? places[0] ?? { x: within(box.x, picture.x + LABEL_GAP, right), y: within(rows[1], picture.y + LABEL_GAP, bottom) };
}

/**
 * @param {Rect} a
 * @param {Rect} b
 */
function overlap(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
