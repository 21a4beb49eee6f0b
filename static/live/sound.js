import { postJSON, sitePath } from "../lib/http.js";
import { make } from "../lib/make.js";
import { setText } from "../lib/dom.js";
import { Lips } from "./lips.js";
import { loadStyle } from "./style_sheet.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../lib/messages.js").MessageKey} MessageKey */
/** @typedef {import("./picture_tools.js").PictureParts} PictureParts */
/** @typedef {import("./picture_tools.js").Say} Say */
/** @typedef {import("./playout_delay.js").PlayoutDelay} PlayoutDelay */
/** @typedef {{rms: number, peak: number}} Level in dBFS */

/**
 * `none`: there is no sound on this way, which `#why` tells; `ended` by the owner; `off`; `tap`: the browser asks for one;
 * `starting`; `nothing` comes; `quiet`: the room is; `on`.
 * @typedef {"none" | "ended" | "off" | "tap" | "starting" | "nothing" | "quiet" | "on"} SoundState
 */

const WISH_URL = sitePath("/api/webrtc/sound");
const TICK_MS = 500;
const START_MS = 2000; // from a wish to the first packet, before something is said to be wrong
const LOST_MS = 2000; // without a packet
const LEVEL_MS = 1000; // for which a level holds
const QUIET_DB = -55; // a room in which nobody is heard
const QUIET_MS = 4000; // for which it has to be so
const FLOOR_DB = -60; // where the meter begins
const AGAIN_MS = 2000; // until a wish that failed is sent again
const SVG = "http://www.w3.org/2000/svg";
const SPEAKER = "M4 9v6h4l5 4V5L8 9z";
const WAVES = "M16.5 8.5a5 5 0 0 1 0 7M19.5 6a9 9 0 0 1 0 12";
const CROSS = "M17 9.5l5 5M22 9.5l-5 5";

/**
 * The camera's sound: the button on the picture that turns it on and off, its volume, and how loud it is. It is played by an
 * element of its own, as a browser that refuses sound would stop the picture with it.
 */
export class Sound {
  #parts;
  #say;
  #hasSound;
  #lips;
  #style;
  #button = make("button", "icon over sound");
  #icon = document.createElementNS(SVG, "path");
  #words = make("span", "words");
  #volume;
  #audio = new Audio();
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {Call | null} the one that was asked for sound */
  #call = null;
  #blocked = false;
  #pressed = false; // just now: what fails is said
  #isOn = true; // the owner's switch
  #askedAt = 0;
  #failedAt = -Infinity; // performance.now() at which a wish was refused
  #rtp = -1; // of what was heard last
  #heardAt = -Infinity;
  #levelAt = -Infinity;
  #loudAt = -Infinity;
  #loudest = FLOOR_DB;

  /**
   * @param {HTMLElement} parent of what lies on the picture; its `data-sound` is the style sheet
   * @param {PictureParts} parts
   * @param {PlayoutDelay} playoutDelay
   * @param {Say} say on the picture
   * @param {boolean} hasSound whether the streamer can send any: the board has another that cannot
   */
  constructor(parent, parts, playoutDelay, say, hasSound) {
    this.#parts = parts;
    this.#say = say;
    this.#hasSound = hasSound;
    this.#lips = new Lips(parts.client, playoutDelay);
    this.#style = loadStyle(parent.dataset.sound);
    this.#makeButton();
    this.#volume = this.#makeVolume();
    this.#volume.id = "volume";
    this.#volume.hidden = true; // as the button: without its style it would take the buttons' room
    parent.querySelector("button")?.before(this.#volume, this.#button);
  }

  async start() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    const { client, fallback, detections, choices } = this.#parts;
    client.addEventListener("call", () => this.#follow(), { signal });
    fallback.addEventListener("statechange", () => this.#follow(), { signal });
    detections.addEventListener("level", (event) => this.#onLevel(/** @type {CustomEvent} */ (event).detail), { signal });
    choices.addEventListener("change", () => this.#follow(), { signal });
    const ticker = setInterval(() => this.#follow(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(ticker));
    await this.#style;
    this.#button.hidden = false;
    this.#follow();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.#stop();
  }

  /** The volume once more, for the menu: on a phone there is no room beside the button. @returns {HTMLElement[]} */
  get rows() {
    if (!canSetVolume(this.#audio)) return [];
    const row = make("label", "volume", this.#parts.messages.text("live.sound.volume"));
    row.append(this.#makeVolume());
    return [row];
  }

  /** What the server says of the microphone. @param {{on: boolean}} [sound] */
  follow(sound) {
    if (!sound || sound.on === this.#isOn) return;
    this.#isOn = sound.on;
    this.#follow();
  }

  /** As the button was pressed, or its key. */
  toggle() {
    const { choices, messages } = this.#parts;
    const why = this.#why;
    if (why) return this.#say(messages.text(why));
    if (choices.get("sound") === "off" || this.#blocked) {
      this.#blocked = false;
      this.#failedAt = -Infinity;
      this.#pressed = true;
      choices.set("sound", "on");
    } else {
      choices.set("sound", "off");
    }
    this.#follow();
    this.#pressed = false;
  }

  /** Why there is none, where that is so. @returns {MessageKey | ""} */
  get #why() {
    if (!this.#isOn) return "live.sound.why.ended";
    if (!this.#hasSound) return "live.sound.why.backend";
    return this.#parts.fallback.way === "mjpeg" && !this.#parts.client.call ? "live.sound.why.mjpeg" : "";
  }

  get #isWanted() {
    return this.#parts.choices.get("sound") === "on" && !this.#why;
  }

  /** @returns {SoundState} */
  get #state() {
    if (!this.#isOn) return "ended";
    if (this.#why) return "none";
    if (!this.#isWanted) return "off";
    if (this.#blocked) return "tap";
    const now = performance.now();
    if (now - this.#heardAt > LOST_MS) return now - this.#askedAt < START_MS || !this.#call ? "starting" : "nothing";
    return now - this.#loudAt > QUIET_MS && now - this.#levelAt < LEVEL_MS ? "quiet" : "on";
  }

  #follow() {
    if (!this.#life) return;
    const { call } = this.#parts.client;
    if (this.#call && (!this.#isWanted || this.#call !== call)) this.#stop();
    const mayTry = performance.now() - this.#failedAt > AGAIN_MS;
    if (call && this.#isWanted && !this.#call && !this.#blocked && mayTry) this.#begin(call);
    this.#listen();
    this.#show();
  }

  /** @param {Call} call */
  async #begin(call) {
    const pressed = this.#pressed;
    this.#call = call;
    this.#askedAt = this.#loudAt = performance.now();
    this.#heardAt = -Infinity;
    this.#rtp = -1;
    this.#audio.srcObject = call.sound;
    try {
      const played = this.#audio.play(); // first, while this is still the press
      played.catch((error) => this.#onRefused(error, call));
      await postJSON(WISH_URL, { id: call.id, on: true });
      if (this.#call === call) this.#lips.start();
      else wish(call, false); // it was turned off meanwhile
    } catch (error) {
      if (this.#call !== call) return;
      this.#stop();
      this.#failedAt = performance.now();
      if (pressed) this.#say(this.#parts.messages.error(error));
    }
  }

  /**
   * @param {unknown} error
   * @param {Call} call
   */
  #onRefused(error, call) {
    if (this.#call !== call || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
    this.#blocked = true;
    this.#stop();
    this.#show();
  }

  #stop() {
    const call = this.#call;
    this.#call = null;
    this.#lips.close();
    this.#audio.pause();
    this.#audio.srcObject = null;
    if (call && call === this.#parts.client.call) wish(call, false);
  }

  /** Whether anything has come since the last look. */
  #listen() {
    const rtp = this.#call?.heardTimestamp;
    if (rtp === undefined || rtp === this.#rtp) return;
    this.#rtp = rtp;
    this.#heardAt = performance.now();
  }

  /** @param {Level} level */
  #onLevel({ rms, peak }) {
    this.#levelAt = performance.now();
    this.#loudest = Math.max(rms, peak - 12); // a short sound counts too
    if (this.#loudest > QUIET_DB) this.#loudAt = this.#levelAt;
    this.#showLevel();
  }

  #show() {
    const state = this.#state;
    const { messages } = this.#parts;
    if (performance.now() - this.#levelAt > LEVEL_MS) this.#loudest = FLOOR_DB;
    this.#showLevel();
    this.#volume.hidden = state === "none" || state === "ended" || state === "off" || !canSetVolume(this.#audio);
    this.#audio.volume = Number(this.#parts.choices.get("volume")) / 100;
    if (this.#button.dataset.state === state) return;
    this.#button.dataset.state = state;
    this.#button.setAttribute("aria-pressed", String(["starting", "nothing", "quiet", "on"].includes(state)));
    this.#button.setAttribute("aria-disabled", String(state === "none" || state === "ended"));
    const why = this.#why || (state === "nothing" && "live.sound.why.nothing");
    this.#button.title = why ? messages.text(why) : "";
    this.#icon.setAttribute("d", SPEAKER + (["none", "ended", "off", "tap"].includes(state) ? CROSS : WAVES));
    setText(this.#words, messages.text(`live.sound.${state}`));
  }

  #showLevel() {
    const level = Math.max(0, Math.min(1, 1 - this.#loudest / FLOOR_DB));
    this.#button.style.setProperty("--level", level.toFixed(2));
  }

  #makeButton() {
    this.#button.id = "sound";
    this.#button.hidden = true; // until its style is there
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    picture.append(this.#icon);
    this.#words.setAttribute("role", "status");
    const meter = make("span", "meter");
    meter.setAttribute("aria-hidden", "true");
    this.#button.append(picture, this.#words, meter);
    this.#button.addEventListener("click", () => this.toggle());
  }

  #makeVolume() {
    const { choices, messages } = this.#parts;
    const slider = Object.assign(document.createElement("input"), { type: "range", max: "100", step: "10" });
    slider.value = choices.get("volume");
    slider.setAttribute("aria-label", messages.text("live.sound.volume"));
    slider.addEventListener("input", () => choices.set("volume", slider.value));
    slider.addEventListener("change", (event) => event.stopPropagation()); // it is no choice of the menu's
    choices.addEventListener("change", () => (slider.value = choices.get("volume")));
    return slider;
  }
}

/**
 * Nothing depends on the answer: a call that ends takes its sound along.
 * @param {Call} call
 * @param {boolean} on
 */
function wish(call, on) {
  postJSON(WISH_URL, { id: call.id, on }).catch(() => {});
}

/** An iPhone has its own buttons for it, and lets no page. @param {HTMLAudioElement} audio */
function canSetVolume(audio) {
  const { volume } = audio;
  audio.volume = volume === 1 ? 0.5 : 1;
  const can = audio.volume !== volume;
  audio.volume = volume;
  return can;
}
