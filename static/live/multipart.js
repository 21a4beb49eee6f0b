const HEAD_END = [13, 10, 13, 10];
const HEAD_LIMIT = 4096; // bytes
const BODY_LIMIT = 16 * 1024 * 1024;

/** @typedef {{headers: Map<string, string>, body: Uint8Array<ArrayBuffer>}} Part names of headers in lower case */

/** Cuts a multipart body into its parts, as the bytes come. Each part has to say its `Content-Length`. */
export class PartReader {
  /** @type {Uint8Array<ArrayBuffer>} what belongs to a part that is not whole yet */
  #rest = new Uint8Array(0);

  /**
   * The newest part that is whole with `chunk`; null where there is none. Throws `TypeError` at what is no such body.
   * @param {Uint8Array} chunk
   * @returns {Part | null}
   */
  push(chunk) {
    this.#rest = joined(this.#rest, chunk);
    let newest = null;
    for (let part = this.#next(); part; part = this.#next()) newest = part;
    return newest;
  }

  /** @returns {Part | null} */
  #next() {
    const end = endOfHead(this.#rest);
    if (end < 0) return null;
    const headers = parseHead(this.#rest.subarray(0, end));
    const length = Number(headers.get("content-length") ?? NaN);
    if (!(length >= 0 && length <= BODY_LIMIT)) throw new TypeError("a part without its length");
    if (this.#rest.length < end + length) return null;
    const body = this.#rest.slice(end, end + length);
    this.#rest = this.#rest.slice(end + length);
    return { headers, body };
  }
}

/**
 * @param {Uint8Array} before
 * @param {Uint8Array} after
 */
function joined(before, after) {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

/** Where the body begins; -1 where the head is not whole yet. @param {Uint8Array} bytes */
function endOfHead(bytes) {
  const limit = Math.min(bytes.length, HEAD_LIMIT) - HEAD_END.length;
  for (let start = 0; start <= limit; start++) {
    if (HEAD_END.every((byte, i) => bytes[start + i] === byte)) return start + HEAD_END.length;
  }
  if (bytes.length >= HEAD_LIMIT) throw new TypeError("not a multipart body");
  return -1;
}

/** @param {Uint8Array} head boundary and headers */
function parseHead(head) {
  const headers = new Map();
  for (const line of new TextDecoder("latin1").decode(head).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
