import { rtpAge } from "../lib/detection_ring.js";
import { Sheet } from "./sheet.js";
import { rate, readStats } from "./stream_stats.js";

/** @typedef {import("../lib/messages.js").MessageKey} MessageKey */
/** @typedef {import("../lib/frames.js").PresentedFrame} PresentedFrame */
/** @typedef {import("./picture_tools.js").PictureParts} PictureParts */
/** @typedef {import("./stream_stats.js").Reading} Reading */

const PACE_MS = 1000;
const UNKNOWN = "–";
const BEHIND = 0.3; // seconds: boxes of results that are older are said to be behind

const ROWS = /** @type {const} */ (["way", "size", "rate", "fps", "round_trip", "loss", "age", "match"]);

/** What is going on, for those who ask: read once a second, and only while it is shown. */
export class Figures {
  #parts;
  #sheet;
  /** @type {Map<typeof ROWS[number], HTMLElement>} */
  #values = new Map();
  #number;
  #timer = 0;
  #stopFrames = () => {};
  #shownWay = "";
  /** @type {Reading & {at: number}} the one before */
  #before = { at: 0 };
  #frames = 0; // presented since then
  #exact = 0; // of these, with boxes of the very frame
  #behind = 0; // how much older the results are than these, in all, seconds
  #waited = NaN; // the latest of these, from its arrival to the screen, milliseconds
  #countMatch = () => this.#count(this.#parts.overlay.state);

  /**
   * @param {HTMLElement} parent
   * @param {PictureParts} parts
   */
  constructor(parent, parts) {
    const { messages } = parts;
    this.#parts = parts;
    this.#number = new Intl.NumberFormat(messages.language, { maximumFractionDigits: 1 });
    this.#sheet = new Sheet(parent, "figures", messages.text("live.figures"), messages, () => this.#stop());
    for (const row of ROWS) this.#values.set(row, this.#sheet.addRow(messages.text(`live.figures.${row}`)));
  }

  async toggle() {
    if (this.#sheet.isOpen) return this.#sheet.close();
    await this.#sheet.open();
    this.#start();
  }

  close() {
    this.#sheet.close();
  }

  #start() {
    this.#stop(); // where it was opened twice while its style came
    this.#before = { at: 0 };
    this.#watch();
    this.#timer = setInterval(() => this.#read(), PACE_MS);
    this.#read();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#stopFrames();
    this.#shownWay = "";
  }

  /** The picture that is shown now. */
  #watch() {
    const { fallback, view, video } = this.#parts;
    if (fallback.way === this.#shownWay) return;
    this.#stopFrames();
    this.#shownWay = fallback.way;
    this.#before = { at: 0 };
    this.#stopFrames = (fallback.way === "mjpeg" ? view : video).eachFrame((frame) => this.#onFrame(frame));
  }

  /** @param {PresentedFrame | null} frame */
  #onFrame(frame) {
    this.#frames += 1;
    this.#waited = frame?.receiveTime === undefined ? NaN : performance.now() - frame.receiveTime;
    queueMicrotask(this.#countMatch); // once the boxes are drawn
  }

  /** @param {import("../lib/bbox_overlay.js").OverlayState} state */
  #count({ match, rtpTimestamp, resultTimestamp }) {
    this.#exact += Number(match === "exact");
    if (rtpTimestamp !== undefined && resultTimestamp !== undefined) this.#behind += rtpAge(rtpTimestamp, resultTimestamp) / 90_000;
  }

  async #read() {
    this.#watch();
    const { client, fallback, view } = this.#parts;
    const mjpeg = fallback.way === "mjpeg";
    const report = mjpeg ? null : await client.stats().catch(() => null);
    if (!this.#sheet.isOpen) return;
    const reading = report ? readStats(report) : mjpeg ? { received: view.received } : {};
    const now = { ...reading, at: performance.now() };
    this.#show(now, this.#before);
    this.#before = now;
    this.#frames = this.#exact = this.#behind = 0;
  }

  /**
   * @param {Reading & {at: number}} now
   * @param {Reading & {at: number}} before
   */
  #show(now, before) {
    const seconds = before.at ? (now.at - before.at) / 1000 : 0;
    const bytes = rate(before.received, now.received, seconds);
    this.#set("way", this.#way(now.protocol));
    this.#set("size", this.#size());
    this.#set("rate", bytes === undefined ? "" : this.#withUnit("mbit", (bytes * 8) / 1e6));
    this.#set("fps", seconds ? this.#withUnit("fps_value", Math.round(this.#frames / seconds)) : "");
    this.#set("round_trip", now.roundTrip === undefined ? "" : this.#withUnit("ms", Math.round(now.roundTrip)));
    this.#set("loss", lossOf(now, before, (share) => this.#withUnit("percent", share * 100)));
    this.#set("age", Number.isNaN(this.#waited) ? "" : this.#withUnit("ms", Math.round(this.#waited + (now.roundTrip ?? 0) / 2)));
    this.#set("match", this.#match(seconds > 0));
  }

  /** @param {string | undefined} protocol */
  #way(protocol) {
    if (this.#parts.fallback.way === "mjpeg") return "MJPEG";
    return protocol ? `WebRTC (${protocol.toUpperCase()})` : "WebRTC";
  }

  #size() {
    const { fallback, view, video } = this.#parts;
    const { width, height } = fallback.way === "mjpeg" ? view : video;
    return width ? `${width} × ${height}` : "";
  }

  /** @param {boolean} counted whether there was a second to count in */
  #match(counted) {
    const { messages, overlay } = this.#parts;
    const { match } = overlay.state;
    const behind = counted && this.#frames ? this.#behind / this.#frames : 0;
    if (match === "moved" && behind >= BEHIND) return this.#withUnit("behind", behind);
    const words = messages.text(`live.match.${match}`);
    if (!counted || !this.#exact || !this.#frames) return words;
    const share = Math.min(100, Math.round((100 * this.#exact) / this.#frames));
    return `${words} (${this.#withUnit("percent", share)})`;
  }

  /**
   * @param {"mbit" | "fps_value" | "ms" | "percent" | "behind"} unit
   * @param {number} value
   */
  #withUnit(unit, value) {
    return this.#parts.messages.text(`live.figures.${unit}`, { n: this.#number.format(value) });
  }

  /**
   * @param {typeof ROWS[number]} row
   * @param {string} text
   */
  #set(row, text) {
    /** @type {HTMLElement} */ (this.#values.get(row)).textContent = text || UNKNOWN;
  }
}

/**
 * Of the packets since the reading before.
 * @param {Reading} now
 * @param {Reading} before
 * @param {(share: number) => string} say
 */
function lossOf(now, before, say) {
  const lost = rate(before.lost, now.lost, 1);
  const came = rate(before.packets, now.packets, 1);
  return lost === undefined || came === undefined || lost + came === 0 ? "" : say(lost / (lost + came));
}
