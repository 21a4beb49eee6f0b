import { Choices } from "../lib/choices.js";
import { setText } from "../lib/dom.js";
import { clock, megabytes } from "../lib/format.js";
import { FullscreenButton } from "../lib/fullscreen.js";
import { make } from "../lib/make.js";
import { RestingControls } from "../lib/resting_controls.js";
import { ICONS, iconButton, name as setName } from "./icons.js";
import { areSame, urlOf } from "./library.js";
import { playFrom } from "./play_from.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./dates.js").Dates} Dates */
/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./player_boxes.js").PlayerBoxes} PlayerBoxes */
/**
 * @typedef {object} Actions
 * @property {(recording: Recording, pinned: boolean) => Promise<unknown>} pin
 * @property {(recording: Recording) => Promise<unknown>} delete
 * @property {(recording: Recording, at: number) => void} opened
 * @property {(recording: Recording) => void} closed
 */

const SKIP_SECONDS = 10;

/**
 * Plays one recording at a time over the whole page, in whatever shape its pictures are: so turning the phone changes its
 * size and nothing else.
 */
export class Player {
  #messages;
  #dates;
  #library;
  #actions;
  #element = make("div", "player");
  #stage = make("div", "player-stage"); // the picture and what lies on it
  #resting = new RestingControls(this.#stage, ".player-tools button");
  #video = document.createElement("video");
  #title = make("p", "player-when");
  #data = make("p", "player-data");
  #trouble = make("p", "player-trouble");
  #pin;
  #delete;
  #download = document.createElement("a");
  #newer;
  #older;
  #showBoxes;
  #fill;
  #fullscreen;
  /** @type {Promise<PlayerBoxes> | null} null before a recording is first played, and where they could not be loaded */
  #boxes = null;
  #stopPlaying = () => {};
  #mayChange;
  /** @type {Recording | null} that is played */
  #recording = null;

  /**
   * @param {{messages: Messages, dates: Dates, library: Library, mayChange: boolean, actions: Actions}} page
   */
  constructor({ messages, dates, library, mayChange, actions }) {
    this.#messages = messages;
    this.#dates = dates;
    this.#library = library;
    this.#mayChange = mayChange;
    this.#actions = actions;
    this.#newer = iconButton("newer", ICONS.newer, messages.text("recordings.newer"), () => this.#go(-1));
    this.#older = iconButton("older", ICONS.older, messages.text("recordings.older"), () => this.#go(1));
    this.#pin = iconButton("pin", ICONS.pin, "", () => this.togglePin());
    this.#delete = iconButton("delete", ICONS.delete, "", () => this.delete());
    this.#download.className = "icon quiet keep";
    const close = iconButton("close", ICONS.close, messages.text("recordings.close"), () => this.close());
    this.#fill = iconButton("fullscreen", ICONS.fullscreen, messages.text("recordings.fullscreen"), () => {});
    this.#showBoxes = iconButton("show-boxes", ICONS.boxes, messages.text("recordings.boxes"), () => {});
    this.#showBoxes.hidden = true;
    this.#assemble([this.#newer, this.#older, this.#pin, this.#download, this.#delete, close], [this.#showBoxes, this.#fill]);
    this.#fullscreen = this.#makeFullscreen();
    this.#video.addEventListener("error", () => this.#onBroken());
  }

  get recording() {
    return this.#recording;
  }

  /**
   * @param {Recording} recording
   * @param {number} [at] from so many seconds on
   */
  open(recording, at = 0) {
    const isNew = !this.#recording;
    this.#recording = recording;
    setText(this.#trouble, "");
    this.#video.src = urlOf(recording.name);
    this.show(recording);
    if (isNew) this.#cover();
    this.#video.focus({ preventScroll: true });
    this.#stopPlaying();
    this.#stopPlaying = playFrom(this.#video, at, recording.state !== "complete");
    this.#actions.opened(recording, at);
    this.#openBoxes(recording);
    this.#offerNeighbours(recording);
  }

  close() {
    const recording = this.#recording;
    if (!recording) return;
    this.#recording = null;
    this.#empty();
    this.#fullscreen.leave();
    this.#element.remove();
    document.documentElement.classList.remove("playing");
    for (const element of this.#others()) element.inert = false;
    this.#actions.closed(recording);
  }

  /** What is known of it now, or of another one. @param {Recording | undefined} recording */
  show(recording) {
    if (!recording || !areSame(recording.name, this.#recording?.name)) return;
    this.#recording = recording;
    const when = this.#dates.moment(recording.start);
    const { state, pinned, name, size, duration } = recording;
    this.#element.setAttribute("aria-label", when);
    setText(this.#title, when);
    setText(this.#data, [clock(duration), megabytes(size), ...(pinned ? [this.#messages.text("recordings.pinned")] : [])].join(" · "));
    setName(this.#pin, ICONS.pin, this.#messages.text("recordings.pin", { when }));
    setName(this.#delete, ICONS.delete, this.#messages.text("recordings.delete", { when }));
    setName(this.#download, ICONS.keep, this.#messages.text("recordings.keep", { when }));
    Object.assign(this.#download, { href: `${urlOf(name)}?download`, download: name });
    this.#pin.setAttribute("aria-pressed", String(pinned));
    this.#pin.hidden = !this.#mayChange;
    this.#delete.hidden = !this.#mayChange || pinned || state !== "complete";
    this.#download.hidden = state !== "complete";
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was the player's
   */
  onKey(event) {
    const act = this.#keys()[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const onButton = event.target instanceof Element && event.target.closest("button, a");
    if (!act || (event.key === " " && onButton)) return false;
    act();
    return true;
  }

  /** @returns {Record<string, () => unknown>} */
  #keys() {
    const toggle = () => (this.#video.paused ? this.#video.play().catch(() => {}) : this.#video.pause());
    return {
      " ": toggle,
      k: toggle,
      j: () => (this.#video.currentTime -= SKIP_SECONDS),
      l: () => (this.#video.currentTime += SKIP_SECONDS),
      d: () => this.#download.click(),
      s: () => this.togglePin(),
      b: () => this.#showBoxes.click(),
      f: () => this.#fill.click(),
      ArrowLeft: () => this.#go(-1),
      ArrowRight: () => this.#go(1),
      Delete: () => this.delete(),
      Backspace: () => this.delete(),
      Escape: () => this.close(),
    };
  }

  async togglePin() {
    const recording = this.#recording;
    if (!recording || !this.#mayChange || this.#pin.disabled) return;
    this.#pin.disabled = true;
    await this.#actions.pin(recording, !recording.pinned);
    this.#pin.disabled = false;
  }

  /** And go on with the next one. */
  async delete() {
    const recording = this.#recording;
    if (!recording || this.#delete.hidden) return;
    const next = (await this.#library.neighbour(recording, 1)) ?? (await this.#library.neighbour(recording, -1));
    this.#empty(); // it must not be loaded any more
    await this.#actions.delete(recording);
    if (next) this.open(next);
    else this.close();
  }

  /** @param {-1 | 1} step */
  async #go(step) {
    const recording = this.#recording;
    const next = recording && (await this.#library.neighbour(recording, step));
    if (next && this.#recording === recording) this.open(next);
  }

  /** @param {Recording} recording */
  async #offerNeighbours(recording) {
    const [newer, older] = [await this.#library.neighbour(recording, -1), await this.#library.neighbour(recording, 1)];
    if (this.#recording?.name !== recording.name) return;
    for (const [button, there] of /** @type {const} */ ([[this.#newer, newer], [this.#older, older]])) {
      if (!there && document.activeElement === button) this.#video.focus({ preventScroll: true });
      button.disabled = !there;
    }
  }

  #onBroken() {
    if (this.#recording && this.#video.getAttribute("src")) setText(this.#trouble, this.#messages.text("recordings.broken"));
  }

  /** @param {Recording} recording */
  async #openBoxes({ name }) {
    this.#boxes ??= this.#makeBoxes();
    try {
      const boxes = await this.#boxes;
      if (this.#recording?.name === name) boxes.open(name, () => this.#recording?.state !== "complete");
    } catch {
      this.#boxes = null; // the video plays without; the next recording tries it again
    }
  }

  async #makeBoxes() {
    const { PlayerBoxes } = await import("./player_boxes.js");
    return new PlayerBoxes({
      video: this.#video,
      button: this.#showBoxes,
      choices: new Choices(),
      messages: this.#messages,
      covering: () => this.#resting.covering(),
    });
  }

  #makeFullscreen() {
    // The whole page, as a browser that fills the screen with the video alone would leave the boxes behind.
    return new FullscreenButton(this.#fill, document.documentElement, this.#video, {
      labels: [this.#messages.text("recordings.fullscreen"), this.#messages.text("recordings.fullscreen.off")],
      isWide: () => this.#video.videoWidth > this.#video.videoHeight,
      isVideoSeen: () => true,
    });
  }

  #empty() {
    this.#stopPlaying();
    this.#boxes?.then((boxes) => boxes.close(), () => {});
    this.#video.removeAttribute("src"); // or the browser goes on loading
    this.#video.load();
  }

  #cover() {
    document.documentElement.classList.add("playing");
    for (const element of this.#others()) element.inert = true;
    document.body.append(this.#element);
  }

  /** What it covers; not the toast. */
  #others() {
    return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("body > :is(header, main)")]);
  }

  /**
   * @param {HTMLElement[]} buttons
   * @param {HTMLElement[]} tools on the picture
   */
  #assemble(buttons, tools) {
    const over = make("div", "player-tools");
    const about = make("div", "player-about");
    const bar = make("div", "player-bar");
    Object.assign(this.#video, { controls: true, playsInline: true, preload: "auto" });
    this.#video.setAttribute("controlslist", "nofullscreen"); // which would be without boxes
    this.#element.setAttribute("role", "dialog");
    this.#trouble.setAttribute("role", "status");
    about.append(this.#title, this.#data, this.#trouble);
    bar.append(...buttons);
    over.append(...tools);
    this.#stage.append(this.#video, over);
    this.#element.append(this.#stage, about, bar);
  }
}
