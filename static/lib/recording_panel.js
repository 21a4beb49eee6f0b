import { setText } from "./dom.js";
import { clock, megabytes } from "./format.js";
import { make } from "./make.js";

/** @typedef {import("./messages.js").Messages} Messages */
/** @typedef {import("./recording_controls.js").RecordingControls} RecordingControls */

/**
 * @typedef {object} RecordingElements
 * @property {HTMLElement} status
 * @property {HTMLButtonElement} start
 * @property {HTMLButtonElement} stop
 * @property {HTMLElement} time
 * @property {HTMLElement} frames
 * @property {HTMLElement} size
 * @property {HTMLElement} file
 * @property {HTMLElement} [note] for the words; without it they are said in the file's place
 * @property {HTMLElement} [details] around the figures, hidden where there are none
 * @property {HTMLAnchorElement} [last] plays the newest recording, in the place of words while nothing is recorded
 */

/** What is said where no file is. */
const HINTS = /** @type {Record<string, import("./messages.js").MessageKey>} */ ({
  off: "state.recording.idle",
  missing: "state.recording.needs",
});

/** Shows the state and the numbers of the recording, and takes the two buttons' presses. */
export class RecordingPanel {
  #elements;
  #controls;
  #messages;
  #itself = make("span", "itself");
  #held = false; // a button had the focus when it was pressed

  /**
   * @param {RecordingElements} elements
   * @param {RecordingControls} controls
   * @param {Messages} messages
   */
  constructor(elements, controls, messages) {
    this.#elements = elements;
    this.#controls = controls;
    this.#messages = messages;
    elements.time.after(this.#itself);
    elements.start.addEventListener("click", () => controls.startRecording());
    elements.stop.addEventListener("click", () => controls.stopRecording());
    controls.addEventListener("change", () => this.#show());
    this.#show();
  }

  /**
   * The newest recording.
   * @param {string} href that plays it
   * @param {string} text
   */
  showLast(href, text) {
    const { last } = this.#elements;
    if (!last) return;
    last.href = href;
    setText(last, text);
    this.#showWords();
  }

  #show() {
    const { status } = this.#elements;
    const { state } = this.#controls;
    status.dataset.state = document.body.dataset.recording = state;
    setText(status, this.#messages.text(`state.recording.${state}`));
    this.#showItself();
    this.#showButtons();
    this.#showFigures();
    this.#showWords();
  }

  /** Beside "not recording"; while somebody records by hand the panel is about that. */
  #showItself() {
    const { state, itself } = this.#controls;
    setText(this.#itself, state === "off" && itself ? this.#messages.text(`state.itself.${itself}`) : "");
  }

  #showButtons() {
    const { start, stop, note, file } = this.#elements;
    const { state, busy, obstacle } = this.#controls;
    const focused = document.activeElement;
    const closed = busy || (state !== "on" && state !== "off");
    start.disabled = closed || state === "on" || obstacle !== null;
    stop.disabled = closed || state === "off";
    stop.classList.toggle("now", state === "on");
    if (obstacle) start.setAttribute("aria-describedby", (note ?? file).id);
    else start.removeAttribute("aria-describedby");
    // The keyboard stays where the hand is: a button that can no longer be pressed hands over to the other.
    if (closed) this.#held ||= focused === start || focused === stop;
    else if (this.#held) this.#handOver(focused);
  }

  /** @param {Element | null} focused nothing, unless the person went elsewhere meanwhile */
  #handOver(focused) {
    const { start, stop } = this.#elements;
    this.#held = false;
    if (focused === document.body || focused === start || focused === stop) (start.disabled ? stop : start).focus();
  }

  /** Those of this recording or the last one; none of what may have changed unseen. */
  #showFigures() {
    const { time, frames, size, file, details } = this.#elements;
    const { state, status } = this.#controls;
    const known = (state === "on" || state === "off") && status?.filename ? status : null;
    setText(time, known && state === "on" ? clock(known.duration) : "");
    setText(frames, known ? this.#messages.text("state.frames", { n: known.frame_count }) : "");
    setText(size, known ? megabytes(known.bytes_written) : "");
    setText(file, known?.filename ?? "");
    if (details) details.hidden = known === null;
  }

  #showWords() {
    const { file, last } = this.#elements;
    const { note = file } = this.#elements;
    const { state, trouble: ended, obstacle } = this.#controls;
    const trouble = ended ?? obstacle;
    const troubled = trouble ? this.#messages.error(trouble) : this.#itselfTrouble();
    const hasLast = state === "off" && !troubled && Boolean(last?.textContent);
    if (last) last.hidden = !hasLast;
    note.classList.toggle("trouble", troubled !== "");
    const words = troubled || (hasLast ? "" : this.#hint());
    if (note !== file || troubled || !file.textContent) setText(note, words);
    note.title = note.textContent ?? "";
  }

  #itselfTrouble() {
    const { state, itselfTrouble } = this.#controls;
    return state === "off" && itselfTrouble ? this.#messages.text("state.itself.trouble", { why: this.#messages.error(itselfTrouble) }) : "";
  }

  #hint() {
    const { state } = this.#controls;
    return HINTS[state] ? this.#messages.text(HINTS[state]) : "";
  }
}
