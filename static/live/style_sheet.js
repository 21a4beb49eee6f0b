/**
 * Load the style of what is used on demand. Settled in any case: without its style it is still of use.
 * @param {string} [href]
 * @returns {Promise<unknown>}
 */
export function loadStyle(href = "") {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
  return new Promise((settled) => (link.onload = link.onerror = settled));
}
