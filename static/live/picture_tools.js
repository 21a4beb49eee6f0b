import { byId } from "../lib/dom.js";
import { isSmall, smallWindow } from "./small_window.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("../lib/bbox_overlay.js").BBoxOverlay} BBoxOverlay */
/** @typedef {import("./choice_menu.js").Action} Action */
/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("./detections_stream.js").DetectionsStream} DetectionsStream */
/** @typedef {import("./fallback.js").Fallback} Fallback */
/** @typedef {import("./mjpeg_view.js").MjpegView} MjpegView */
/** @typedef {import("./video_picture.js").VideoPicture} VideoPicture */
/** @typedef {import("./webrtc_client.js").WebRTCVideoClient} WebRTCVideoClient */

/**
 * @typedef {object} PictureParts what the tools look at
 * @property {Choices} choices
 * @property {WebRTCVideoClient} client
 * @property {DetectionsStream} detections
 * @property {Fallback} fallback
 * @property {Messages} messages
 * @property {BBoxOverlay} overlay
 * @property {VideoPicture} video
 * @property {MjpegView} view
 */
/** @typedef {(...said: (string | Node)[]) => void} Say says something on the picture for a while */

const SVG = "http://www.w3.org/2000/svg";
const PHOTO =
  "M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM8.5 13a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z";
const WITH_SHIFT = ["?", "+"]; // on some keyboards
const ZOOM_KEYS = ["+", "=", "-", "0", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/**
 * What can be done with the picture besides looking at it: a photo, zoom, picture in picture, keys, figures, and a screen
 * that stays on. Here are only the presses, keys and gestures that each begins with; what they do is a module that comes
 * with the first of them.
 */
export class PictureTools {
  #parts;
  #say;
  #camera = byId("camera");
  /** @type {Map<string, Promise<any>>} by the module's name: what it was asked for */
  #tools = new Map();

  /**
   * @param {PictureParts} parts
   * @param {Say} say on the picture
   */
  constructor(parts, say) {
    this.#parts = parts;
    this.#say = say;
  }

  start() {
    const photo = makeButton("photo", this.#parts.messages.text("live.photo"), PHOTO);
    photo.addEventListener("click", () => this.#photograph());
    byId("rewind").before(photo);
    byId("choices").addEventListener("click", () => this.#putAway());
    document.addEventListener("keydown", (event) => this.#onKey(event));
    this.#awaitGestures();
    this.#parts.fallback.addEventListener("statechange", () => this.#followPicture());
    this.#followPicture();
  }

  /** What is too rare for a button on the picture. @returns {Action[]} */
  get actions() {
    const { video } = this.#parts.client;
    return [
      { id: "zoom-in", label: () => "live.zoom.in", stays: true, act: () => this.#zoom("+") },
      { id: "zoom-out", label: () => "live.zoom.out", stays: true, act: () => this.#zoom("-") },
      {
        id: "small-window",
        label: () => (isSmall(video) ? "live.pip.close" : "live.pip"),
        isThere: () => isSmall(video) || (this.#parts.fallback.way === "webrtc" && smallWindow(video) !== null),
        act: () => this.#use("pictureInPicture", (tool) => tool.toggle()),
      },
      { id: "show-figures", label: () => "live.figures", act: () => this.#toggle("figures") },
      { id: "show-keys", label: () => "live.keys", act: () => this.#toggle("keys") },
    ];
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (event.shiftKey && !WITH_SHIFT.includes(key)) return;
    if (!(target instanceof Element) || isTextField(target) || this.#parts.choices.get("keys") === "off") return;
    const within = target.closest("[role=dialog]") !== null; // whose own key puts it away
    if (ZOOM_KEYS.includes(key)) return void (within || this.#onZoomKey(event, target));
    const acts = within ? this.#showing : { ...this.#showing, ...this.#acting };
    if (!event.repeat) acts[key.toLowerCase()]?.();
  }

  /** @type {Record<string, () => void>} */
  #showing = { i: () => this.#toggle("figures"), "?": () => this.#toggle("keys") };

  /** @type {Record<string, () => void>} */
  #acting = { p: () => this.#photograph(), f: () => byId("fullscreen").click(), r: () => pressRecording(), m: () => byId("sound")?.click() };

  // An arrow scrolls the page, or goes through a menu's radio buttons, unless the picture is what it can move.
  /**
   * @param {KeyboardEvent} event
   * @param {Element} target
   */
  #onZoomKey(event, target) {
    const moves = event.key.startsWith("Arrow");
    if ((moves || event.key === "0") && !this.#isZoomed) return;
    if (moves && target.matches("input")) return;
    event.preventDefault();
    this.#zoom(event.key);
  }

  get #isZoomed() {
    return this.#camera.dataset.zoomed !== undefined;
  }

  /** @param {string} key */
  #zoom(key) {
    this.#use("zoom", (zoom) => zoom.onKey(key));
  }

  #photograph() {
    this.#use("photo", (photo) => photo.take());
  }

  /** @param {"figures" | "keys"} name */
  #toggle(name) {
    this.#putAway(name);
    this.#use(name, (sheet) => sheet.toggle());
  }

  /** @param {string} [except] the one that stays */
  #putAway(except) {
    for (const name of ["figures", "keys"]) {
      if (name !== except) this.#tools.get(name)?.then((sheet) => sheet.close(), () => {});
    }
  }

  // A mouse, a finger or a pen on the picture brings the module, so that it is there by the time of the gesture.
  #awaitGestures() {
    const picture = byId("zoomed").parentElement;
    const bring = () => this.#use("zoom", () => {}, () => {});
    picture.style.touchAction = "pan-x pan-y"; // two fingers, and two taps, are for the picture
    picture.addEventListener("pointerenter", bring, { once: true });
    picture.addEventListener("wheel", (/** @type {WheelEvent} */ event) => this.#onWheel(event), { passive: false });
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    if (!event.ctrlKey && !this.#isZoomed) return; // it scrolls the page
    event.preventDefault();
    this.#use("zoom", (zoom) => zoom.onWheel(event));
  }

  #followPicture() {
    const live = this.#parts.fallback.state === "live";
    if ("wakeLock" in navigator && (live || this.#tools.has("wakeLock"))) {
      this.#use("wakeLock", (lock) => lock.hold(this.#parts.fallback.state === "live"), () => {});
    }
  }

  /**
   * @param {keyof typeof MAKERS} name
   * @param {(tool: any) => void} act
   * @param {(error: unknown) => void} [failed] where the module did not come
   */
  #use(name, act, failed = (error) => this.#say(this.#parts.messages.error(error))) {
    let tool = this.#tools.get(name);
    if (!tool) {
      tool = MAKERS[name](this.#parts, this.#say);
      this.#tools.set(name, tool);
      tool.catch(() => this.#tools.delete(name));
    }
    tool.then(act, failed);
  }
}

/** @type {Record<"photo" | "zoom" | "pictureInPicture" | "wakeLock" | "figures" | "keys", (parts: PictureParts, say: Say) => Promise<any>>} */
const MAKERS = {
  photo: (parts, say) => import("./photo.js").then(({ Photo }) => new Photo(parts, say)),
  zoom: ({ overlay }) => import("./zoom.js").then(({ Zoom }) => new Zoom(byId("camera"), byId("zoomed"), overlay)),
  pictureInPicture: (parts, say) =>
    import("./picture_in_picture.js").then(({ PictureInPicture }) => new PictureInPicture(parts, say)),
  wakeLock: () => import("./wake_lock.js").then(({ WakeLock }) => new WakeLock()),
  figures: (parts) => import("./figures.js").then(({ Figures }) => new Figures(byId("picture-controls"), parts)),
  keys: ({ choices, messages }) =>
    import("./keys.js").then(({ Keys }) => new Keys(byId("picture-controls"), choices, messages)),
};

/**
 * A button on the picture.
 * @param {string} id
 * @param {string} label
 * @param {string} path of its icon, 24 by 24
 */
function makeButton(id, label, path) {
  const button = document.createElement("button");
  Object.assign(button, { id, className: "icon over", title: label });
  button.setAttribute("aria-label", label);
  const [icon, line] = ["svg", "path"].map((name) => document.createElementNS(SVG, name));
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  icon.append(line);
  button.append(icon);
  return button;
}

/** @param {Element} element */
function isTextField(element) {
  return element.matches("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=range])");
}

/** As a press on the button that is not to be pressed does nothing, so does the key. */
function pressRecording() {
  if (document.body.dataset.role !== "owner") return;
  byId(byId("recording-status").dataset.state === "on" ? "stop-recording" : "start-recording").click();
}
