import { fetchJSON, ServerError } from "./http.js";

/** @typedef {typeof import("../../words/en.json")} Catalogue */
/** @typedef {{[S in keyof Catalogue]: `${S}.${keyof Catalogue[S] & string}`}[keyof Catalogue]} MessageKey */

/** Those of the page's language. Throws as `fetchJSON` does. */
export async function loadMessages() {
  return new Messages(await fetchJSON(document.body.dataset.words ?? ""));
}

/** What the page's modules say: their sections of its language's catalogue (docs/words.md). */
export class Messages {
  /** @type {Map<string, string>} by `section.key` */
  #texts = new Map();
  #number;

  /** @param {Record<string, Record<string, string>>} sections */
  constructor(sections) {
    this.language = document.documentElement.lang;
    this.#number = new Intl.NumberFormat(this.language);
    for (const [section, texts] of Object.entries(sections)) {
      for (const [key, text] of Object.entries(texts)) this.#texts.set(`${section}.${key}`, text);
    }
  }

  /**
   * @param {MessageKey} key
   * @param {Record<string, string | number>} [values] for the `{name}` places in the text
   */
  text(key, values = {}) {
    return (this.#texts.get(key) ?? key).replace(/\{(\w+)\}/g, (_, name) => this.#show(values[name]));
  }

  /** In words for people where the error's phrase has some, else as the server said it. @param {unknown} error */
  error(error) {
    if (!(error instanceof ServerError)) return this.text("errors.network");
    const { reason, phrase, message } = error;
    return this.#texts.get(`errors.${reason}`) ?? this.#texts.get(`errors.${phrase}`) ?? message;
  }

  /** @param {string} name as the detector gives it */
  className(name) {
    return this.#texts.get(`classes.${name}`) ?? name;
  }

  /** @param {string | number} value */
  #show(value) {
    return typeof value === "number" ? this.#number.format(value) : value;
  }
}
