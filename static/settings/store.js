import { sitePath } from "../lib/http.js";
import { SavedStore } from "./saved_store.js";

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

/**
 * What is set.
 * @extends {SavedStore<Settings, Patch>}
 */
export class SettingsStore extends SavedStore {
  /** @param {Settings} settings */
  constructor(settings) {
    super(URL, settings, inverse);
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
