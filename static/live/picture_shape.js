// Of a picture that was scaled: no reason to move the page by a line of pixels.
const ALIKE = 0.01;

/**
 * Gives the picture's place on the page the camera's own ratio, by the custom property `--ratio` of the whole page.
 * What cannot be a picture's size says nothing.
 * @param {number} width of the picture, square pixels
 * @param {number} height
 */
export function setShape(width, height) {
  const ratio = width / height;
  if (!(ratio > 0 && ratio < Infinity) || Math.abs(ratio / shape() - 1) < ALIKE) return;
  document.documentElement.style.setProperty("--ratio", String(ratio));
}

/** The picture's width, where its height is 1; 0 where nobody has said it yet. */
export function shape() {
  return Number(document.documentElement.style.getPropertyValue("--ratio"));
}
