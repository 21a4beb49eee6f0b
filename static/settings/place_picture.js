import { byId, setText } from "../lib/dom.js";
import { CAMERA_OFF, failureOf, ServerError, sitePath } from "../lib/http.js";

const SNAPSHOT_URL = sitePath("/snapshot.jpg?width=1280");
const SNAPSHOT_MS = 8000; // above what the server takes at most

/** What the camera sees, as it was when the page asked; where there is no picture, a grey field that says why. */
export class PlacePicture {
  #messages;
  #picture = byId("picture");
  #note = byId("picture-note");
  #shown = "";

  /** @param {import("../lib/messages.js").Messages} messages */
  constructor(messages) {
    this.#messages = messages;
    this.#picture.addEventListener("load", () => this.#show(true));
  }

  async load() {
    try {
      const url = URL.createObjectURL(await newest());
      URL.revokeObjectURL(this.#shown);
      this.#shown = this.#picture.src = url;
    } catch (error) {
      const isOff = error instanceof ServerError && error.phrase === CAMERA_OFF;
      setText(this.#note, this.#messages.text(isOff ? "settings.places.off" : "settings.places.silent"));
      this.#show(false);
    }
  }

  /** @param {boolean} isSeen */
  #show(isSeen) {
    this.#picture.hidden = !isSeen;
    this.#note.hidden = isSeen;
  }
}

async function newest() {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), SNAPSHOT_MS);
  try {
    const response = await fetch(SNAPSHOT_URL, { signal: limit.signal });
    if (!response.ok) throw await failureOf(response);
    return await response.blob();
  } finally {
    clearTimeout(timer);
  }
}
