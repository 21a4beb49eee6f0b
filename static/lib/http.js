/** An answer that is not a success: `phrase` is the API's fixed `error`, `message` is for people (docs/http-api.md). */
export class ServerError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} phrase
   * @param {string} message
   * @param {number} [retryAfter] seconds, where it is known when to come again
   * @param {string} [reason] one of the fixed reasons, where the phrase has several
   */
  constructor(status, phrase, message, retryAfter, reason = "") {
    super(message);
    this.status = status;
    this.phrase = phrase;
    this.retryAfter = retryAfter;
    this.reason = reason;
  }
}

/**
 * The address of one of petcam's paths, also where a proxy has put petcam under one of its own.
 * @param {string} path
 */
export function sitePath(path) {
  return (document.documentElement.dataset.root ?? "") + path;
}

/** The phrase, or the reason, where the camera sends pictures that nobody can begin at. */
export const NO_KEYFRAME = "No keyframe";

/** The phrase where the camera sends no pictures. */
export const NO_VIDEO = "No video";

/** The phrase where the owner has turned the camera off. */
export const CAMERA_OFF = "Camera off";

/** The phrase, or the reason, where the disk of the recordings is not there. */
export const DISK_NOT_MOUNTED = "Disk not mounted";

/** What an offer without H.264 is answered with. The browser would be refused again, until it is given that. */
const BAD_OFFER = "Bad offer";
const BAD_OFFER_SECONDS = 60;

/**
 * The JSON of a successful answer, null where there is none, within `timeout` milliseconds.
 *
 * Throws `ServerError` for any other answer, `TypeError` where the network fails and a `DOMException` where it takes
 * too long or `signal` aborts it. (`AbortSignal.any` would be shorter; tablets that families still use lack it.)
 *
 * @param {string} url
 * @param {RequestInit & {timeout?: number}} [options]
 * @returns {Promise<any>}
 */
export async function fetchJSON(url, { timeout = 5000, signal, ...init } = {}) {
  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = setTimeout(end, timeout);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  try {
    return await read(await fetch(url, { ...init, signal: limit.signal }));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

/**
 * @param {string} url
 * @param {object} body
 * @param {RequestInit & {timeout?: number}} [options]
 */
export function postJSON(url, body, { headers, ...options } = {}) {
  const all = { ...headers, "Content-Type": "application/json" };
  return fetchJSON(url, { ...options, method: "POST", headers: all, body: JSON.stringify(body) });
}

/**
 * The same by `PUT`.
 * @param {string} url
 * @param {object} body
 */
export function putJSON(url, body) {
  const headers = { "Content-Type": "application/json" };
  return fetchJSON(url, { method: "PUT", headers, body: JSON.stringify(body) });
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw failure(response, body);
}

/** What an answer that is not a success says. @param {Response} response */
export async function failureOf(response) {
  return failure(response, await response.json().catch(() => null));
}

/**
 * Why the server gives no such stream; null where it does, or does not answer.
 * @param {string} url
 * @returns {Promise<ServerError | null>}
 */
export async function refusalOf(url) {
  const glance = new AbortController();
  try {
    const response = await fetch(url, { signal: glance.signal });
    return response.ok ? null : await failureOf(response);
  } catch {
    return null;
  } finally {
    glance.abort();
  }
}

/**
 * @param {Response} response
 * @param {any} body its JSON; null where it is none
 */
function failure(response, body) {
  const phrase = typeof body?.error === "string" ? body.error : "Proxy error";
  const retryAfter = Number(response.headers.get("Retry-After")) || (phrase === BAD_OFFER ? BAD_OFFER_SECONDS : undefined);
  const message = typeof body?.message === "string" ? body.message : `HTTP ${response.status}`;
  return new ServerError(response.status, phrase, message, retryAfter, body?.reason);
}
