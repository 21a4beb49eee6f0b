import { byId } from "../lib/dom.js";
import { loadMessages } from "../lib/messages.js";
import { begin } from "./begin.js";
import { PlacePicture } from "./place_picture.js";
import { Places } from "./places.js";
import { PlacesStore } from "./places_store.js";

/** The page of places: drawn over the picture, each saved when it is changed. */
class Page {
  /** @param {import("../lib/messages.js").Messages} messages */
  constructor(messages) {
    this.store = new PlacesStore(JSON.parse(byId("document").textContent));
    this.picture = new PlacePicture(messages);
    this.places = new Places(byId("places"), this.store, messages);
  }

  start() {
    byId("picture-again").addEventListener("click", () => this.picture.load());
    this.picture.load();
    begin(() => this.#look());
  }

  #look() {
    this.store.refresh().catch(() => {}); // what is shown may be old; a change says what is wrong
    this.picture.load();
  }
}

new Page(await loadMessages()).start();
