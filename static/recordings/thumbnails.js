import { urlOf } from "./library.js";

const AT_ONCE = 3; // the server makes one at a time, and a browser has six connections
const VIDEOS_AT_ONCE = 2;
const KEPT = 600; // pictures, some 10 KB each
const WIDTH = 320; // pixels
const BUSY = 503;
const PAUSE_MS = 2000; // for a server that has other thumbnails to make
const VIDEO_MS = 10_000; // for the first picture of a film

/**
 * The first pictures of recordings, for those places that can be seen: what was seen last comes first, and what is no longer
 * seen is not asked for. The server makes them; where it cannot, the browser does.
 */
export class Thumbnails {
  /** The server makes pictures. */
  fromServer = true;
  /** @type {Map<Element, string>} places that have no picture yet, and whose */
  #names = new Map();
  /** @type {Element[]} places that can be seen and wait; the next is the last */
  #waiting = [];
  /** @type {Map<string, string>} URLs by names; what was used last is the last */
  #made = new Map();
  #working = 0;
  #seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.#onSeen(entry)), { rootMargin: "100px" });

  /**
   * @param {HTMLElement} place gets an image as its first child
   * @param {string} name of the recording
   */
  show(place, name) {
    const url = this.#made.get(name);
    if (url) return put(place, url);
    this.#names.set(place, name);
    this.#seen.observe(place);
  }

  /** @param {HTMLElement} place that is no more */
  forget(place) {
    this.#seen.unobserve(place);
    this.#names.delete(place);
    this.#waiting = this.#waiting.filter((each) => each !== place);
  }

  /** @param {IntersectionObserverEntry} entry */
  #onSeen({ isIntersecting, target }) {
    this.#waiting = this.#waiting.filter((place) => place !== target);
    if (isIntersecting && this.#names.has(target)) this.#waiting.push(target);
    this.#work();
  }

  #work() {
    const most = this.fromServer ? AT_ONCE : VIDEOS_AT_ONCE;
    while (this.#working < most && this.#waiting.length) this.#make(/** @type {HTMLElement} */ (this.#waiting.pop()));
  }

  /** @param {HTMLElement} place */
  async #make(place) {
    const name = this.#names.get(place);
    if (name === undefined) return;
    this.#working++;
    const url = this.#made.get(name) ?? (await this.#picture(name).catch(() => ""));
    this.#working--;
    if (url === null) setTimeout(() => this.#again(place), PAUSE_MS);
    else if (this.#names.get(place) === name) this.#finish(place, name, url);
    this.#work();
  }

  /**
   * @param {HTMLElement} place
   * @param {string} name
   * @param {string} url empty where there is no picture
   */
  #finish(place, name, url) {
    this.forget(place);
    if (!url) return;
    this.#keep(name, url);
    put(place, url);
  }

  /** @param {Element} place */
  #again(place) {
    if (!this.#names.has(place)) return;
    this.#seen.unobserve(place); // so that it says again whether it can be seen
    this.#seen.observe(place);
  }

  /**
   * @param {string} name
   * @param {string} url
   */
  #keep(name, url) {
    this.#made.delete(name);
    this.#made.set(name, url);
    const [oldest] = this.#made;
    if (this.#made.size <= KEPT) return;
    URL.revokeObjectURL(oldest[1]);
    this.#made.delete(oldest[0]);
  }

  /** The picture's URL; null: later, perhaps. @param {string} name */
  async #picture(name) {
    if (this.fromServer) {
      const response = await fetch(`${urlOf(name)}/thumbnail.jpg`);
      if (response.ok) return URL.createObjectURL(await response.blob());
      if (response.status === BUSY) return null;
    }
    return URL.createObjectURL(await firstPicture(urlOf(name)));
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} url
 */
function put(place, url) {
  const image = new Image();
  Object.assign(image, { alt: "", decoding: "async", draggable: false, src: url });
  place.prepend(image);
}

/**
 * Of a film that the browser plays. Rejects where it does not, or not soon.
 * @param {string} url
 * @returns {Promise<Blob>}
 */
async function firstPicture(url) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: `${url}#t=0.01` });
  try {
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = reject;
      setTimeout(reject, VIDEO_MS);
    });
    return await painted(video);
  } finally {
    video.removeAttribute("src"); // or the browser goes on loading
    video.load();
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<Blob>} */
function painted(video) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.max(1, Math.round((WIDTH * video.videoHeight) / video.videoWidth));
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject()), "image/jpeg", 0.8));
}
