import { byId } from "../lib/dom.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./bbox_overlay.js").BBoxOverlay} BBoxOverlay */
/** @typedef {import("./choices.js").Choices} Choices */
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

/**
 * What can be done with the picture besides looking at it. Here are only the presses and keys that each begins with; what
 * they do is a module that comes with the first of them.
 */
export class PictureTools {
  #parts;
  #say;
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
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    if (!(target instanceof Element) || isTextField(target)) return;
    if (key === "p" && !event.repeat) this.#photograph();
  }

  #photograph() {
    this.#use("photo", (photo) => photo.take());
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

/** @type {Record<"photo", (parts: PictureParts, say: Say) => Promise<any>>} */
const MAKERS = {
  photo: (parts, say) => import("./photo.js").then(({ Photo }) => new Photo(parts, say)),
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
