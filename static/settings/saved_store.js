import { fetchJSON, putJSON } from "../lib/http.js";

/**
 * What is saved at `url`, as the server said it last. Event: `change`, also where it is as before: the page may show something
 * else.
 *
 * @template Saved
 * @template Change
 */
export class SavedStore extends EventTarget {
  #url;
  #saved;
  #inverse;
  /** @type {Promise<unknown>} the changes that are under way: one after the other, as they were made */
  #last = Promise.resolve();

  /**
   * @param {string} url
   * @param {Saved} saved
   * @param {(change: Change, before: Saved) => Change} inverse what takes a change back
   */
  constructor(url, saved, inverse) {
    super();
    this.#url = url;
    this.#saved = saved;
    this.#inverse = inverse;
  }

  get settings() {
    return this.#saved;
  }

  /**
   * What takes the change back. Throws as `fetchJSON` does; then nothing has changed.
   * @param {Change} change
   * @returns {Promise<Change>}
   */
  save(change) {
    const saved = this.#last.then(() => this.#save(change));
    this.#last = saved.catch(() => {});
    return saved;
  }

  /** Somebody else may have changed it. Throws as `fetchJSON` does. */
  async refresh() {
    await this.#last;
    this.#take(await fetchJSON(this.#url));
  }

  /** @param {Change} change */
  async #save(change) {
    const before = this.#saved;
    try {
      this.#take(await putJSON(this.#url, /** @type {object} */ (change)));
    } catch (error) {
      this.#take(before); // what the page shows was not saved
      throw error;
    }
    return this.#inverse(change, before);
  }

  /** @param {Saved} saved */
  #take(saved) {
    this.#saved = saved;
    this.dispatchEvent(new Event("change"));
  }
}
