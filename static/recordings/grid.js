/** How many cards stand side by side, and how high they are: all have the shape of the camera's picture. */
export class Grid {
  #root;
  #shape = 16 / 9;
  #width = 0;
  columns = 1;

  /** @param {HTMLElement} root that has the shelves; it gets `--columns` and `--row` (pixels) */
  constructor(root) {
    this.#root = root;
  }

  /** @param {number} shape width by height of the pictures @returns {boolean} whether that changes anything */
  setShape(shape) {
    const bounded = Math.min(3, Math.max(1 / 3, shape));
    if (Math.abs(bounded - this.#shape) < 0.01) return false;
    this.#shape = bounded;
    return true;
  }

  /** Whether the room for it is another than when it was measured. */
  hasChanged() {
    return this.#root.clientWidth !== this.#width;
  }

  measure() {
    this.#width = this.#root.clientWidth;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const gap = parseFloat(getComputedStyle(this.#root).getPropertyValue("--gap"));
    const isNarrow = this.#width < 44 * rem;
    // Cards have about the same area whatever their shape; upright ones still have to hold their words.
    const least = Math.max(5.4, (isNarrow ? 6.6 : 10.5) * Math.sqrt(this.#shape / (16 / 9))) * rem;
    this.columns = COLUMNS.find((columns) => (this.#width + gap) / columns >= least + gap) ?? 1;
    const across = (this.#width - (this.columns - 1) * gap) / this.columns;
    this.#root.style.setProperty("--columns", String(this.columns));
    this.#root.style.setProperty("--row", `${Math.max(across / this.#shape, 2.75 * rem).toFixed(2)}px`);
  }
}

/** So many recordings have one shelf: rows of each of these numbers fill it. */
export const SHELF = 120;
const COLUMNS = [12, 10, 8, 6, 5, 4, 3, 2, 1];
