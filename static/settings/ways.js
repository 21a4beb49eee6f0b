import { byId, setText } from "../lib/dom.js";
import { dateFormat } from "../lib/format.js";
import { fetchJSON, postJSON, sitePath } from "../lib/http.js";
import { make } from "../lib/make.js";
import { Setting } from "./setting.js";

const URLS = { ways: sitePath("/api/settings/ways"), test: sitePath("/api/settings/test") };
const POLL_MS = 15_000;
const TEST_MS = 35_000; // above what the server takes at most

/** How a way goes: what is wrong, empty where nothing is; and since when, Unix time. */
/** @typedef {{error: string, failing_since: number | null}} Way */
/** @typedef {Record<string, string | Way> | null} WaysAnswer */

/** Where messages go, how each way goes, and a message for trial. */
export class Ways extends Setting {
  #list = byId("ways-list");
  #none = byId("ways-none");
  #test = byId("test");
  #timer = 0;

  /** @param {ConstructorParameters<typeof Setting>} setting */
  constructor(...setting) {
    super(...setting);
    this.#test.addEventListener("click", () => this.#try());
  }

  /** While the page is seen. */
  async follow() {
    clearTimeout(this.#timer);
    try {
      this.#show((await fetchJSON(URLS.ways)).ways);
    } catch (error) {
      this.#showNone(this.messages.error(error));
    }
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.follow(), POLL_MS);
  }

  async #try() {
    this.#test.disabled = true;
    this.say(this.messages.text("settings.test.sending"));
    try {
      this.#tell((await postJSON(URLS.test, {}, { timeout: TEST_MS })).ways);
    } catch (error) {
      this.failed(error);
    } finally {
      this.#test.disabled = false;
    }
  }

  /** @param {WaysAnswer} ways what came of it */
  #tell(ways) {
    if (!ways) return this.problem(this.messages.text("settings.ways.unknown"));
    if (!Object.keys(ways).length) return this.problem(this.messages.text("settings.ways.none"));
    this.#show(ways);
    if (Object.values(ways).some((way) => asWay(way).error)) return this.problem(this.messages.text("settings.test.failed"));
    return this.say(this.messages.text("settings.test.done"));
  }

  /** @param {WaysAnswer} ways */
  #show(ways) {
    const all = Object.entries(ways ?? {});
    if (!ways || !all.length) return this.#showNone(this.messages.text(ways ? "settings.ways.none" : "settings.ways.unknown"));
    this.#none.hidden = true;
    this.#list.replaceChildren(...all.map(([name, way]) => this.#item(name, asWay(way))));
  }

  /** @param {string} text */
  #showNone(text) {
    this.#list.replaceChildren();
    setText(this.#none, text);
    this.#none.hidden = false;
  }

  /**
   * @param {string} name
   * @param {Way} way
   */
  #item(name, way) {
    const item = make("li", "way");
    const state = make("span", "way-state", this.#words(way));
    item.dataset.state = way.error ? "failing" : "good";
    item.append(make("span", "way-name", name), state);
    return item;
  }

  /** @param {Way} way */
  #words({ error: why, failing_since }) {
    if (!why) return this.messages.text("settings.ways.good");
    if (failing_since === null) return this.messages.text("settings.ways.failing", { why });
    const format = dateFormat(this.messages.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", month: "short", day: "numeric" });
    return this.messages.text("settings.ways.failing.since", { time: format(new Date(failing_since * 1000)), why });
  }
}

/** @param {string | Way} way @returns {Way} */
function asWay(way) {
  return typeof way === "string" ? { error: way, failing_since: null } : { error: way.error ?? "", failing_since: way.failing_since ?? null };
}
