const PREFIX = "petcam.";

/** What there is to choose, the default first. */
const VALUES = {
  boxes: ["exact", "fastest"],
  picture: ["auto", "webrtc", "mjpeg"],
  photo: ["plain", "boxes"],
  keys: ["on", "off"],
  playback: ["boxes", "plain"],
  sound: ["off", "on"],
  volume: ["100", "90", "80", "70", "60", "50", "40", "30", "20", "10", "0"],
};

/** @typedef {keyof typeof VALUES} ChoiceName */

/**
 * What this browser's viewer has chosen, kept in the browser; where that keeps nothing, until the page is left.
 *
 * Events: `change` (detail: the name).
 */
export class Choices extends EventTarget {
  /** @type {Map<string, string>} */
  #chosen = new Map();

  constructor() {
    super();
    for (const name of /** @type {ChoiceName[]} */ (Object.keys(VALUES))) {
      const stored = storage()?.getItem(PREFIX + name) ?? "";
      this.#chosen.set(name, VALUES[name].includes(stored) ? stored : VALUES[name][0]);
    }
  }

  /** @param {ChoiceName} name */
  get(name) {
    return /** @type {string} */ (this.#chosen.get(name));
  }

  /**
   * @param {ChoiceName} name
   * @param {string} value
   */
  set(name, value) {
    if (!VALUES[name].includes(value)) throw new RangeError(`no such choice: ${name}=${value}`);
    if (value === this.get(name)) return;
    this.#chosen.set(name, value);
    try {
      storage()?.setItem(PREFIX + name, value);
    } catch {
      // It is full, or takes nothing in this window: the choice holds until the page is left.
    }
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }
}

/** Where the browser keeps nothing for this page, the look at it is an error already. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
