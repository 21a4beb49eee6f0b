import { fetchJSON, sitePath } from "../lib/http.js";

const CONFIG_URL = sitePath("/api/webrtc/config");
const INLINED_ID = "webrtc-config";

/**
 * @typedef {object} ViewerConfig of /api/webrtc/config (docs/http-api.md)
 * @property {string} signaling_url
 * @property {RTCIceServer[]} ice_servers
 * @property {[number, number]} [picture] width and height of the camera's, in square pixels
 * @property {boolean} [sound] whether the streamer can send the camera's
 * @property {string} [token] goes with the offer, where there is a login; good once, for a minute
 */

/** The viewer's configuration as it came in the page; null where it did not. @returns {ViewerConfig | null} */
export function inlinedConfig() {
  try {
    return JSON.parse(document.getElementById(INLINED_ID)?.textContent ?? "null");
  } catch {
    return null;
  }
}

/** @param {AbortSignal} signal @returns {Promise<ViewerConfig>} */
export function fetchConfig(signal) {
  return fetchJSON(CONFIG_URL, { signal });
}
