/** Keeps the screen of the device on, as long as it is held and the page is in front. */
export class WakeLock {
  #held = false;
  /** @type {WakeLockSentinel | null} */
  #sentinel = null;
  #asking = false;

  constructor() {
    // The browser lets go by itself of a page that is no longer seen.
    document.addEventListener("visibilitychange", () => this.#follow());
  }

  /** @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#follow();
  }

  async #follow() {
    const wanted = this.#held && !document.hidden;
    const has = this.#sentinel !== null && !this.#sentinel.released;
    if (wanted === has || this.#asking) return;
    this.#asking = true;
    try {
      if (wanted) this.#sentinel = await navigator.wakeLock.request("screen");
      else await this.#sentinel?.release();
    } catch {
      return; // a battery that is low, or the page has gone out of sight: the screen goes dark as ever
    } finally {
      this.#asking = false;
    }
    this.#follow(); // what was wanted may be another thing by now
  }
}
