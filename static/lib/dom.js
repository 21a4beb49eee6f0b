/**
 * @param {string} id of an element that templates/index.html has
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Touch the page only where it changes, so that nothing is read out twice.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
