/**
 * @typedef {object} Fullscreen
 * @property {[string, string]} labels of the button: what a press does, first while it does not fill the screen
 * @property {() => boolean} isWide whether the picture is wider than it is high
 * @property {() => boolean} isVideoSeen whether the video is what is seen of the picture
 */

/**
 * The button that gives the whole screen to the picture, its boxes and its controls.
 *
 * An iPhone lets only a bare video fill the screen, by a way of its own and without the boxes. Where not even that is
 * there, the picture fills the page.
 */
export class FullscreenButton {
  #button;
  #root;
  #video;
  #what;
  #on = false;

  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} root
   * @param {HTMLVideoElement} video
   * @param {Fullscreen} what
   */
  constructor(button, root, video, what) {
    this.#button = button;
    this.#root = root;
    this.#video = video;
    this.#what = what;
    button.addEventListener("click", () => this.#toggle());
    for (const name of ["fullscreenchange", "webkitfullscreenchange"]) {
      document.addEventListener(name, () => this.#fill(fullscreenElement() === root));
    }
    video.addEventListener("webkitendfullscreen", () => video.play().catch(() => {})); // an iPhone has stopped it
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#fill(false));
    this.#fill(false);
    button.disabled = false; // before, a press would be lost
  }

  /** Back to the page, where it fills the screen. */
  leave() {
    if (this.#on) this.#toggle();
  }

  async #toggle() {
    const on = !this.#on;
    if (on && this.#fillByVideo()) return;
    try {
      await (on ? this.#enter() : leave());
    } catch {
      // The browser has no such call, or does not allow it here: filling the page is what is left.
    }
    this.#fill(on);
  }

  async #enter() {
    const root = /** @type {any} */ (this.#root);
    await (root.requestFullscreen ? root.requestFullscreen() : root.webkitRequestFullscreen());
    if (this.#what.isWide()) await /** @type {any} */ (screen.orientation)?.lock?.("landscape");
  }

  /** The way of an iPhone; false where there is another one, or no video to be seen. */
  #fillByVideo() {
    const [root, video] = /** @type {any[]} */ ([this.#root, this.#video]);
    if (root.requestFullscreen || root.webkitRequestFullscreen || !this.#what.isVideoSeen()) return false;
    try {
      video.webkitEnterFullscreen();
      return true;
    } catch {
      return false; // it has no such way, or no picture yet
    }
  }

  /** @param {boolean} on */
  #fill(on) {
    this.#on = on;
    const label = this.#what.labels[Number(on)];
    this.#root.classList.toggle("filling", on);
    document.documentElement.classList.toggle("filled", on);
    this.#button.setAttribute("aria-pressed", String(on));
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
  }
}

function fullscreenElement() {
  return document.fullscreenElement ?? /** @type {any} */ (document).webkitFullscreenElement ?? null;
}

/** The browser undoes what the screen was locked to. */
async function leave() {
  if (!fullscreenElement()) return;
  const page = /** @type {any} */ (document);
  await (page.exitFullscreen ? page.exitFullscreen() : page.webkitExitFullscreen());
}
