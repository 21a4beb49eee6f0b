const REST_MS = 3000;

/**
 * Takes what lies on the picture out of sight while nobody touches it, by the class `resting`; a tap, a move of the
 * mouse or the keyboard brings it back. It is only not to be seen: those who hear the page or go by the Tab key still
 * have everything there.
 */
export class RestingControls {
  #root;
  #all;
  #lasting;
  #timer = 0;
  #blind = false; // the press that has begun is on what could not be seen

  /**
   * @param {HTMLElement} root the camera: its picture and all controls
   * @param {string} all a selector of what lies on the picture
   * @param {string} [lasting] of what stays to be read: it says that something is wrong
   */
  constructor(root, all, lasting = "") {
    this.#root = root;
    this.#all = all;
    this.#lasting = lasting;
    root.addEventListener("pointerdown", (event) => this.#onPress(event), { capture: true });
    root.addEventListener("click", (event) => this.#onClick(event), { capture: true });
    root.addEventListener("pointercancel", () => (this.#blind = false)); // it became a scroll: no click comes
    root.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.wake());
    root.addEventListener("focusin", () => this.wake());
    root.addEventListener("keydown", () => this.wake());
    this.wake();
  }

  get #resting() {
    return this.#root.classList.contains("resting");
  }

  /** Show everything, and for a while from now on. */
  wake() {
    this.#root.classList.remove("resting");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), REST_MS);
  }

  /** What is seen on the picture now and is not part of it, in pixels of the window. */
  covering() {
    const seen = this.#resting ? this.#lasting : this.#all;
    const all = seen ? [...this.#root.querySelectorAll(seen)] : [];
    return all.map((element) => element.getBoundingClientRect()).filter(({ width }) => width > 0);
  }

  #rest() {
    if (this.#isUsed()) this.wake();
    else this.#root.classList.add("resting");
  }

  /** By the keyboard, or a menu is open. */
  #isUsed() {
    return this.#root.querySelector(":focus-visible, [aria-expanded=true]") !== null;
  }

  /** @param {PointerEvent} event */
  #onPress(event) {
    this.#blind = event.pointerType !== "mouse" && this.#resting && isUnseen(/** @type {Element} */ (event.target), this.#root);
    this.wake();
  }

  /** A tap on what was not to be seen only brings it back. @param {MouseEvent} event */
  #onClick(event) {
    if (this.#blind) {
      event.preventDefault();
      event.stopPropagation();
    }
    this.#blind = false;
    this.wake();
  }
}

/**
 * @param {Element} element
 * @param {Element} root above which nothing is hidden
 */
function isUnseen(element, root) {
  for (let at = /** @type {Element | null} */ (element); at && at !== root; at = at.parentElement) {
    if (getComputedStyle(at).opacity === "0") return true;
  }
  return false;
}
