import { fetchJSON, sitePath } from "../lib/http.js";

const URL = sitePath("/api/settings");

/** @typedef {{from: string, to: string}} Times */
/** @typedef {{days: number[], from: string, to: string}} OffTime */
/**
 * @typedef {object} Notify
 * @property {boolean} visits
 * @property {boolean} sound
 * @property {boolean} trouble
 * @property {string[]} classes none: all
 * @property {string[]} places
 * @property {Times | null} quiet
 * @property {number} cooldown_minutes
 * @property {boolean} away_only
 */
/**
 * @typedef {object} Settings as docs/state.md has them
 * @property {Notify} notify
 * @property {string | null} mute_until
 * @property {boolean} home
 * @property {string | null} recording_mode
 * @property {OffTime[]} schedule
 * @property {string | null} language
 */
/** @typedef {Omit<Partial<Settings>, "notify"> & {notify?: Partial<Notify>, mute?: number | "tomorrow"}} Patch */

/** What is set, as the server said it last. Event: `change`, also where it is as before: a control may show something else. */
export class SettingsStore extends EventTarget {
  #settings;
  /** @type {Promise<unknown>} the changes that are under way: one after the other, as they were made */
  #last = Promise.resolve();

  /** @param {Settings} settings */
  constructor(settings) {
    super();
    this.#settings = settings;
  }

  get settings() {
    return this.#settings;
  }

  /**
   * What takes the change back. Throws as `fetchJSON` does; then nothing has changed.
   * @param {Patch} patch
   * @returns {Promise<Patch>}
   */
  save(patch) {
    const saved = this.#last.then(() => this.#save(patch));
    this.#last = saved.catch(() => {});
    return saved;
  }

  /** Somebody else may have changed them. Throws as `fetchJSON` does. */
  async refresh() {
    await this.#last;
    this.#take(await fetchJSON(URL));
  }

  /** @param {Patch} patch */
  async #save(patch) {
    const before = this.#settings;
    try {
      const headers = { "Content-Type": "application/json" };
      this.#take(await fetchJSON(URL, { method: "PUT", headers, body: JSON.stringify(patch) }));
    } catch (error) {
      this.#take(before); // what the control shows was not saved
      throw error;
    }
    return inverse(patch, before);
  }

  /** @param {Settings} settings */
  #take(settings) {
    this.#settings = settings;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Patch} patch
 * @param {Settings} before
 * @returns {Patch}
 */
function inverse({ notify, mute, ...others }, before) {
  /** @type {any} */
  const back = pick(before, Object.keys(others));
  if (mute !== undefined) back.mute_until = before.mute_until;
  if (notify) back.notify = pick(before.notify, Object.keys(notify));
  return back;
}

/**
 * @param {any} from
 * @param {string[]} names
 */
function pick(from, names) {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
