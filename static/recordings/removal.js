import { MOST_AT_ONCE } from "./library.js";

/** @typedef {import("../lib/messages.js").Messages} Messages */
/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./library.js").Failure} Failure */
/** @typedef {import("./toast.js").Toast} Toast */

const SECONDS = 8; // in which it can be undone
const WORDS = /** @type {const} */ ({
  deleting: ["recordings.deleting", "recordings.deleting.many"],
  deleted: ["recordings.deleted", "recordings.deleted.many"],
});

/**
 * Deletes recordings, after a few seconds in which that can be undone. Meanwhile they are no longer shown, but nothing has
 * happened to them, and the words say no more than that. Where the page is left or put away, what was announced is done.
 */
export class Removal {
  #library;
  #messages;
  #toast;
  #tell;
  /** @type {Recording[]} that will be deleted */
  #waiting = [];
  #end = () => this.#carryOut(); // one for all, so that a further one begins the time anew

  /**
   * @param {Library} library
   * @param {Messages} messages
   * @param {Toast} toast
   * @param {{failed: (failures: Failure[]) => void, broken: (error: unknown) => void, undone: (recordings: Recording[]) => void}} tell
   */
  constructor(library, messages, toast, tell) {
    this.#library = library;
    this.#messages = messages;
    this.#toast = toast;
    this.#tell = tell;
  }

  /** @param {Recording[]} recordings */
  announce(recordings) {
    if (this.#waiting.length + recordings.length > MOST_AT_ONCE) this.#carryOut();
    this.#waiting.push(...recordings);
    this.#library.hide(recordings);
    this.#toast.say(this.#words("deleting", this.#waiting.length), {
      undo: () => this.undo(),
      end: this.#end,
      seconds: SECONDS,
    });
  }

  /** All that has been announced and not yet done. */
  undo() {
    const recordings = this.#waiting;
    if (!recordings.length) return;
    this.#waiting = [];
    this.#toast.say("");
    this.#library.unhide(recordings);
    this.#tell.undone(recordings);
  }

  /** The page is left, or out of sight, and perhaps for good: no answer can be waited for. */
  leave() {
    if (!this.#waiting.length) return;
    const { length } = this.#waiting;
    this.#library.deleteAtTheEnd(this.#waiting);
    this.#waiting = []; // they stay hidden: the server says when they are gone
    this.#toast.say(this.#words("deleted", length));
  }

  async #carryOut() {
    const recordings = this.#waiting;
    this.#waiting = [];
    if (!recordings.length) return;
    try {
      const failed = await this.#library.delete(recordings);
      if (failed.length) this.#tell.failed(failed);
      else if (!this.#waiting.length) this.#toast.say(this.#words("deleted", recordings.length));
    } catch (error) {
      this.#tell.broken(error);
    }
  }

  /**
   * @param {keyof typeof WORDS} what
   * @param {number} n
   */
  #words(what, n) {
    return this.#messages.text(WORDS[what][n === 1 ? 0 : 1], { n });
  }
}
