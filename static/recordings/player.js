import { urlOf } from "./library.js";

/** Plays one recording at a time, in the place that asked for it. */
export class Player {
  /** @type {HTMLVideoElement | null} */
  #video = null;
  #onClosed = () => {};

  /**
   * @param {HTMLElement} place the video becomes its last child
   * @param {string} name of the recording
   * @param {{closed: () => void, broken: () => void}} tell
   */
  open(place, name, tell) {
    this.close();
    const video = document.createElement("video");
    Object.assign(video, { controls: true, playsInline: true, preload: "auto", src: urlOf(name) });
    video.addEventListener("error", () => tell.broken());
    place.append(video);
    this.#video = video;
    this.#onClosed = tell.closed;
    video.focus({ preventScroll: true });
    video.play().catch(() => {}); // where that is not allowed, the person presses play again
  }

  close() {
    const video = this.#video;
    if (!video) return;
    this.#video = null;
    video.removeAttribute("src"); // or the browser goes on loading
    video.load();
    video.remove();
    this.#onClosed();
  }
}
