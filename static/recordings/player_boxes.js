import { BBoxOverlay } from "../lib/bbox_overlay.js";
import { make } from "../lib/make.js";
import { RecordedBoxes } from "./recorded_boxes.js";
import { RecordedPicture, TICKS } from "./recorded_picture.js";

/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("../lib/messages.js").Messages} Messages */
/**
 * @typedef {object} Shown what boxes are drawn over
 * @property {HTMLVideoElement} video
 * @property {HTMLButtonElement} button shows and hides them; it is only there where a recording has some
 * @property {Choices} choices
 * @property {Messages} messages
 * @property {() => DOMRect[]} covering what lies on the picture, in pixels of the window
 */

/** The boxes that were recorded, drawn over the player's video as the live page draws them over its own. */
export class PlayerBoxes {
  #shown;
  #canvas = make("canvas", "player-boxes");
  /** @type {AbortController | null} ends everything that open() began */
  #life = null;
  /** @type {{overlay: BBoxOverlay, boxes: RecordedBoxes} | null} of the recording that is played */
  #played = null;

  /** @param {Shown} shown */
  constructor(shown) {
    this.#shown = shown;
    this.#canvas.setAttribute("aria-hidden", "true");
    shown.video.after(this.#canvas);
    shown.button.addEventListener("click", () => this.toggle());
    this.#follow();
  }

  /** What is drawn now; null while nothing is played. */
  get state() {
    return this.#played?.overlay.state ?? null;
  }

  /**
   * @param {string} name of the recording that the video plays now
   * @param {() => boolean} isGrowing
   */
  open(name, isGrowing) {
    this.close();
    const { video, messages, covering } = this.#shown;
    const life = new AbortController();
    const boxes = new RecordedBoxes(name, isGrowing);
    const picture = new RecordedPicture(video, (seconds) => boxes.timeOf(seconds));
    const overlay = new BBoxOverlay(picture, this.#canvas, (className) => messages.className(className), covering);
    const seek = () => boxes.follow(Math.round(video.currentTime * TICKS)); // they are to be there with the picture
    boxes.addEventListener("change", () => this.#draw());
    picture.eachFrame(() => seek());
    video.addEventListener("seeking", seek, { signal: life.signal });
    life.signal.addEventListener("abort", () => (overlay.close(), picture.close(), boxes.close()));
    [this.#life, this.#played] = [life, { overlay, boxes }];
    this.#follow();
    seek();
  }

  /** Undo open(). */
  close() {
    this.#life?.abort();
    this.#life = this.#played = null;
    this.#shown.button.hidden = true;
  }

  toggle() {
    const { button, choices } = this.#shown;
    if (button.hidden) return; // there are none
    choices.set("playback", this.#areShown ? "plain" : "boxes");
    this.#follow();
  }

  #draw() {
    const { overlay, boxes } = this.#played ?? {};
    const results = boxes?.results ?? [];
    if (results.length) this.#shown.button.hidden = false;
    if (this.#areShown) overlay?.replace(results);
  }

  get #areShown() {
    return this.#shown.choices.get("playback") === "boxes";
  }

  #follow() {
    this.#canvas.hidden = !this.#areShown;
    this.#shown.button.setAttribute("aria-pressed", String(this.#areShown));
    if (this.#areShown) this.#played?.overlay.start();
    else this.#played?.overlay.close();
    this.#draw();
  }
}
