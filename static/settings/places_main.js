import { byId } from "../lib/dom.js";
import { loadMessages } from "../lib/messages.js";
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
    document.addEventListener("visibilitychange", () => this.#seen());
    window.addEventListener("pageshow", (event) => event.persisted && this.#seen());
    this.picture.load();
    document.querySelector("main")?.removeAttribute("inert");
    document.body.dataset.ready = "";
  }

  // Somebody may have changed something on another phone.
  #seen() {
    if (document.hidden) return;
    this.store.refresh().catch(() => {}); // what is shown may be old; a change says what is wrong
    this.picture.load();
  }
}

new Page(await loadMessages()).start();
