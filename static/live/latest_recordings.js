import { dateFormat, megabytes } from "../lib/format.js";
import { DISK_NOT_MOUNTED, fetchJSON, ServerError, sitePath } from "../lib/http.js";
import { make } from "../lib/make.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {{name: string, start: string | number, duration: number, size: number, state: string}} Recording */

/** @typedef {{href: string, start: Date, duration: number}} Last its duration in seconds */

const URL_OF_LIST = sitePath("/api/recordings");
const NEWEST = 5;

/**
 * The newest recordings, each to play or to download; the page of recordings has them all.
 *
 * Events: `change` (detail: the newest one that is whole, as `Last`; null where there is none).
 */
export class LatestRecordings extends EventTarget {
  #list;
  #messages;
  #format;

  /**
   * @param {HTMLElement} list an empty `<ul>`
   * @param {Messages} messages
   */
  constructor(list, messages) {
    super();
    this.#list = list;
    this.#messages = messages;
    this.#format = dateFormat(messages.language, {
      month: "short",
      day: "numeric",
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  async refresh() {
    try {
      const { recordings } = await fetchJSON(`${URL_OF_LIST}?limit=${NEWEST}`);
      this.#show(recordings);
    } catch (error) {
      const isMissing = error instanceof ServerError && error.phrase === DISK_NOT_MOUNTED;
      this.#say(isMissing ? "live.recordings.missing" : "live.recordings.failed");
    }
  }

  /** @param {import("../lib/messages.js").MessageKey} key why there is no list */
  #say(key) {
    this.#list.replaceChildren(make("li", "empty", this.#messages.text(key)));
  }

  /** @param {Recording[]} recordings */
  #show(recordings) {
    if (recordings.length) this.#fill(recordings);
    else this.#say("live.recordings.none");
    const whole = recordings.find(({ state }) => state === "complete");
    const isDated = whole !== undefined && !Number.isNaN(timeOf(whole).getTime());
    const last = isDated ? { href: address(whole.name), start: timeOf(whole), duration: whole.duration } : null;
    this.dispatchEvent(new CustomEvent("change", { detail: last }));
  }

  /** What had the focus has it again. @param {Recording[]} recordings */
  #fill(recordings) {
    const focused = this.#list.contains(document.activeElement) && document.activeElement?.getAttribute("href");
    this.#list.replaceChildren(...recordings.map((recording) => this.#row(recording)));
    if (focused) [...this.#list.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }

  /** @param {Recording} recording */
  #row(recording) {
    const { name, size, state } = recording;
    const row = make("li", "recording");
    const time = timeOf(recording);
    const when = Number.isNaN(time.getTime()) ? name : this.#format(time);
    if (state === "recording") {
      row.append(make("span", "when", when), make("span", "size", this.#messages.text("live.recordings.growing")));
      return row;
    }
    row.append(link(name, when), make("span", "size", megabytes(size)), this.#download(name));
    return row;
  }

  /** @param {string} name */
  #download(name) {
    const download = link(name, "");
    download.href += "?download";
    download.className = "download";
    download.download = name;
    download.setAttribute("aria-label", this.#messages.text("live.recordings.download", { name }));
    return download;
  }
}

/** @param {Recording} recording */
function timeOf({ start }) {
  return new Date(typeof start === "number" ? start * 1000 : start);
}

/** @param {string} name of a recording */
function address(name) {
  return `${URL_OF_LIST}/${encodeURIComponent(name)}`;
}

/**
 * @param {string} name of a recording
 * @param {string} text
 */
function link(name, text) {
  const anchor = document.createElement("a");
  anchor.className = "when";
  anchor.href = address(name);
  anchor.textContent = text;
  return anchor;
}
