import { BBoxOverlay } from "../lib/bbox_overlay.js";
import { Notice } from "./notice.js";
import { isSmall, smallWindow } from "./small_window.js";
import { VideoPicture } from "./video_picture.js";

/** @typedef {import("./picture_tools.js").PictureParts} PictureParts */

const LONGER_SIDE = 480; // pixels, of a window that can be made larger

/**
 * The live picture in a small window above all others: with its boxes where the browser gives a page's window, else the
 * video alone, in the browser's own way or Safari's.
 */
export class PictureInPicture {
  #video;
  #parts;
  #say;
  /** @type {Window | null} */
  #window = null;

  /**
   * @param {PictureParts} parts
   * @param {(text: string) => void} say
   */
  constructor(parts, say) {
    this.#video = parts.client.video;
    this.#parts = parts;
    this.#say = say;
    // As long as nobody asks for it, no browser is to lay a button of its own on the picture.
    this.#video.addEventListener("leavepictureinpicture", () => (this.#video.disablePictureInPicture = true));
  }

  async toggle() {
    try {
      if (isSmall(this.#video)) await this.#leave();
      else await this.#enter();
    } catch {
      this.#say(this.#parts.messages.text("live.pip.failed"));
    }
  }

  async #enter() {
    const video = /** @type {any} */ (this.#video);
    const way = smallWindow(video);
    if (way === "document") return this.#openWindow();
    video.disablePictureInPicture = false;
    if (way === "video") await video.requestPictureInPicture();
    else video.webkitSetPresentationMode("picture-in-picture");
  }

  async #leave() {
    if (this.#window) this.#window.close();
    else if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else /** @type {any} */ (this.#video).webkitSetPresentationMode("inline");
  }

  // The window has a video and an overlay of its own, of the same stream: the page keeps its picture, and the boxes are on
  // the very frame in both.
  async #openWindow() {
    const { width, height } = this.#parts.video;
    const scale = LONGER_SIDE / Math.max(width, height, 1);
    const size = { width: Math.round(width * scale) || LONGER_SIDE, height: Math.round(height * scale) || LONGER_SIDE };
    const opened = await /** @type {any} */ (window).documentPictureInPicture.requestWindow(size);
    this.#window = opened;
    const life = new AbortController();
    opened.addEventListener("pagehide", () => (life.abort(), this.#onClosed()));
    this.#parts.detections.setSeenElsewhere(true);
    this.#fill(opened.document, life.signal);
  }

  #onClosed() {
    this.#window = null;
    this.#parts.client.setSeenIn(null);
    this.#parts.detections.setSeenElsewhere(false);
  }

  /**
   * @param {Document} page of the window
   * @param {AbortSignal} signal when the window is closed
   */
  #fill(page, signal) {
    const { client, detections, messages } = this.#parts;
    const { camera, video, canvas, notice } = makePicture(page);
    page.title = document.title;
    page.documentElement.lang = messages.language;
    const overlay = new BBoxOverlay(new VideoPicture(video), canvas, (name) => messages.className(name));
    overlay.start();
    signal.addEventListener("abort", () => (overlay.close(), (video.srcObject = null)));
    detections.addEventListener("result", (event) => overlay.add(/** @type {CustomEvent} */ (event).detail), { signal });
    detections.addEventListener("close", () => overlay.clear(), { signal });
    client.setSeenIn(video);
    const said = new Notice(notice, messages);
    const follow = () => {
      camera.dataset.video = client.state;
      said.show(client.state, client.detail, 0);
      this.#play(video);
    };
    client.addEventListener("statechange", follow, { signal });
    client.addEventListener("firstframe", follow, { signal }); // of a call that took the place of the one before
    follow();
  }

  /** @param {HTMLVideoElement} video shows the stream that the page's video does */
  #play(video) {
    const stretch = this.#video.style.getPropertyValue("--stretch");
    if (stretch) video.style.setProperty("--stretch", stretch);
    if (video.srcObject !== this.#video.srcObject) video.srcObject = this.#video.srcObject;
    video.play().catch(() => {}); // the next state tries it again
  }
}

/**
 * What the live page has, without its controls: the page's own style is allowed there too, by its hash.
 * @param {Document} page
 */
function makePicture(page) {
  for (const style of document.querySelectorAll("style")) page.head.append(page.importNode(style, true));
  const camera = page.createElement("main");
  const video = page.createElement("video");
  const canvas = page.createElement("canvas");
  const notice = /** @type {HTMLElement} */ (page.importNode(/** @type {Node} */ (document.getElementById("notice")), true));
  notice.querySelector("button")?.remove();
  Object.assign(video, { muted: true, autoplay: true, playsInline: true });
  camera.className = "camera filling";
  const picture = page.createElement("div");
  picture.className = "picture";
  picture.append(video, canvas, notice);
  camera.append(picture);
  page.body.style.minWidth = "0";
  page.body.append(camera);
  return { camera, video, canvas, notice };
}
