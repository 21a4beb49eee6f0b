import { setText } from "./dom.js";
import { clock, megabytes } from "./format.js";

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
    elements.start.addEventListener("click", () => controls.startRecording());
    elements.stop.addEventListener("click", () => controls.stopRecording());
    controls.addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const { status } = this.#elements;
    const { state } = this.#controls;
    status.dataset.state = state;
    setText(status, this.#messages.text(`state.recording.${state}`));
    this.#showButtons();
    this.#showNumbers();
  }

  #showButtons() {
    const { start, stop } = this.#elements;
    const { state, busy } = this.#controls;
    const focused = document.activeElement;
    const closed = busy || state === "checking" || state === "missing";
    start.disabled = closed || state === "on";
    stop.disabled = closed || state === "off";
    stop.classList.toggle("now", state === "on");
    // The keyboard stays where the hand is: a button that can no longer be pressed hands over to the other.
    if (busy) this.#held ||= focused === start || focused === stop;
    else if (this.#held) this.#handOver(focused);
  }

  /** @param {Element | null} focused nothing, unless the person went elsewhere meanwhile */
  #handOver(focused) {
    const { start, stop } = this.#elements;
    this.#held = false;
    if (focused === document.body || focused === start || focused === stop) (start.disabled ? stop : start).focus();
  }

  #showNumbers() {
    const { time, frames, size, file } = this.#elements;
    const { status, trouble: ended, obstacle } = this.#controls;
    const trouble = ended ?? obstacle;
    file.classList.toggle("trouble", trouble !== null);
    if (!status?.filename) return setText(file, trouble ? this.#messages.error(trouble) : this.#hint());
    time.textContent = clock(status.duration);
    frames.textContent = this.#messages.text("state.frames", { n: status.frame_count });
    size.textContent = megabytes(status.bytes_written);
    setText(file, trouble ? this.#messages.error(trouble) : status.filename);
    file.title = file.textContent ?? "";
  }

  #hint() {
    const { state } = this.#controls;
    return HINTS[state] ? this.#messages.text(HINTS[state]) : "";
  }
}
