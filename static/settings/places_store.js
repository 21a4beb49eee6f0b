import { fetchJSON, putJSON, sitePath } from "../lib/http.js";

const URL = sitePath("/api/places");

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {{id?: string, name: string, points: Point[]}} Place a new one has no id until it is saved */
/** @typedef {{places: Place[]}} Document */

/** The places, as the server said them last. Event: `change`, also where they are as before: the page may show something else. */
export class PlacesStore extends EventTarget {
  #settings;
  /** @type {Promise<unknown>} the changes that are under way: one after the other, as they were made */
  #last = Promise.resolve();

  /** @param {Document} places */
  constructor(places) {
    super();
    this.#settings = places;
  }

  get settings() {
    return this.#settings;
  }

  /**
   * All of them. What takes the change back. Throws as `fetchJSON` does; then nothing has changed.
   * @param {Document} places
   * @returns {Promise<Document>}
   */
  save(places) {
    const saved = this.#last.then(() => this.#save(places));
    this.#last = saved.catch(() => {});
    return saved;
  }

  /** Somebody else may have changed them. Throws as `fetchJSON` does. */
  async refresh() {
    await this.#last;
    this.#take(await fetchJSON(URL));
  }

  /** @param {Document} places */
  async #save(places) {
    const before = this.#settings;
    try {
      this.#take(await putJSON(URL, places));
    } catch (error) {
      this.#take(before); // what the page shows was not saved
      throw error;
    }
    return before;
  }

  /** @param {Document} places */
  #take(places) {
    this.#settings = places;
    this.dispatchEvent(new Event("change"));
  }
}
