import { sitePath } from "../lib/http.js";
import { SavedStore } from "./saved_store.js";

const URL = sitePath("/api/places");

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {{id?: string, name: string, points: Point[]}} Place a new one has no id until it is saved */
/** @typedef {{places: Place[]}} Document */

/**
 * The places; a change is all of them.
 * @extends {SavedStore<Document, Document>}
 */
export class PlacesStore extends SavedStore {
  /** @param {Document} places */
  constructor(places) {
    super(URL, places, (_, before) => before);
  }
}
