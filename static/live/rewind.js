import { setText } from "../lib/dom.js";
import { make } from "../lib/make.js";
import { PastVideo } from "./past_video.js";

/** @typedef {import("./past_buttons.js").PastPage} PastPage */
/** @typedef {"closed" | "loading" | "shown"} RewindState */

const STEP = 10; // seconds that a press goes back
const DRAG_MS = 200; // between requests while the slider is dragged
const LIVE = 1; // second: what is closer to now is live

/**
 * Looking back: a picture of a moment ago in the place of the live one, which goes on behind it; a slider that says when,
 * and a button that leads back. The boxes are those that the page has seen.
 *
 * Events: `close` when the live picture is seen again; `trouble` with the error as its detail.
 */
export class Rewind extends EventTarget {
  #page;
  /** @type {RewindState} */
  #state = "closed";
  #video = make("video", "past");
  #label = make("p", "past-label");
  #bar = make("div", "past-bar");
  #slider = make("input", "past-slider");
  #past;
  #dragging = false;
  #timer = 0; // of the label
  #dragTimer = 0;
  #stopFrames = () => {};

  /** @param {Omit<PastPage, "toast" | "kept">} page whose camera gets `data-past`, and a slider before its `.controls` */
  constructor(page) {
    super();
    this.#page = page;
    Object.assign(this.#video, { muted: true, autoplay: true, playsInline: true });
    this.#video.setAttribute("aria-label", page.messages.text("live.rewind.picture"));
    this.#past = new PastVideo(this.#video, page.live);
    this.#makeBar();
    this.#wire();
  }

  get isOpen() {
    return this.#state !== "closed";
  }

  /** Another ten seconds back. */
  back() {
    this.#open();
    const from = this.#past.held ? this.#ago : 0;
    this.#show(this.#past.held ? Math.min(from + STEP, this.#past.held) : STEP);
    this.#slider.focus();
  }

  /** Back to the live picture. */
  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#setState("closed");
    this.#stopFrames();
    clearInterval(this.#timer);
    clearTimeout(this.#dragTimer);
    this.#dragging = false;
    this.#past.close();
    this.#page.overlay.watch(this.#page.live());
    for (const part of [this.#video, this.#label, this.#bar]) part.remove();
    if (hadFocus) this.#page.button.focus();
    this.dispatchEvent(new Event("close"));
  }

  /** How many seconds ago the slider says. */
  get #ago() {
    return -Number(this.#slider.value);
  }

  #open() {
    if (this.isOpen) return;
    const { camera, canvas } = this.#page;
    canvas.before(this.#video);
    canvas.parentElement?.after(this.#label); // which is not zoomed along with the picture
    /** @type {HTMLElement} */ (camera.querySelector(".controls")).before(this.#bar);
    this.#setSlider(STEP, STEP);
    this.#setState("loading");
    this.#stopFrames = this.#past.eachFrame(() => this.#onFrame());
    this.#timer = setInterval(() => this.#say(), 500);
  }

  #makeBar() {
    const { messages } = this.#page;
    Object.assign(this.#slider, { type: "range", max: "0", step: "1" });
    this.#slider.setAttribute("aria-label", messages.text("live.rewind.slider"));
    const live = make("button", "past-live");
    live.textContent = messages.text("live.rewind.live");
    live.addEventListener("click", () => this.close());
    this.#bar.append(this.#slider, live);
  }

  #wire() {
    this.#slider.addEventListener("input", () => this.#onInput());
    this.#slider.addEventListener("change", () => this.#onChange());
    this.#bar.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    this.#past.addEventListener("loaded", () => this.#setSlider(this.#ago, this.#past.held));
    this.#past.addEventListener("end", () => this.close());
    this.#past.addEventListener("trouble", (event) => this.#handleError(/** @type {CustomEvent} */ (event).detail));
  }

  #onInput() {
    this.#dragging = true;
    this.#video.pause();
    this.#say();
    this.#dragTimer ||= setTimeout(() => this.#onDrag(), DRAG_MS);
  }

  #onDrag() {
    this.#dragTimer = 0;
    if (this.#dragging && this.#ago >= LIVE) this.#past.show(this.#ago);
  }

  #onChange() {
    clearTimeout(this.#dragTimer);
    this.#dragTimer = 0;
    this.#dragging = false;
    if (this.#ago < LIVE) this.close();
    else this.#show(this.#ago);
  }

  /** @param {number} ago seconds */
  #show(ago) {
    this.#setSlider(ago, Math.max(ago, this.#past.held));
    this.#past.show(ago);
    this.#video.play().catch(() => {}); // it plays once it can, or was closed meanwhile
  }

  #onFrame() {
    if (this.#state !== "loading") return;
    this.#setState("shown");
    this.#page.overlay.watch(this.#past);
  }

  /**
   * @param {number} ago
   * @param {number} held
   */
  #setSlider(ago, held) {
    this.#slider.min = String(-Math.floor(held));
    this.#slider.value = String(-Math.round(ago));
    this.#say();
  }

  /** Say how long ago it is: what is aimed at while it is dragged, else what is shown. */
  #say() {
    const { messages } = this.#page;
    const waits = this.#state === "loading" || this.#dragging || this.#video.paused;
    const ago = Math.round(waits ? this.#ago : this.#past.age);
    if (!waits && document.activeElement !== this.#slider) this.#slider.value = String(-ago);
    const words = ago < LIVE ? messages.text("live.rewind.now") : messages.text(ago === 1 ? "live.rewind.second" : "live.rewind.ago", { n: ago });
    this.#slider.setAttribute("aria-valuetext", words);
    setText(this.#label, this.#state === "loading" ? messages.text("live.rewind.loading") : words);
  }

  /** @param {RewindState} state */
  #setState(state) {
    this.#state = state;
    if (state === "closed") delete this.#page.camera.dataset.past;
    else this.#page.camera.dataset.past = state;
    this.#say();
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.close();
    this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }
}
