/** Paths of icons of 24 by 24. */
export const ICONS = {
  newer: "M15 5l-7 7 7 7",
  older: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5",
  keep: "M12 4v11M7 11l5 5 5-5M5 20h14",
  boxes: "M3 4h18v16H3zM8 16v-7l2.5 2h3l2.5-2v7z",
  fullscreen: "M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4",
  delete: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
};

/**
 * @param {string} className
 * @param {string} icon
 * @param {string} label
 * @param {() => void} press
 */
export function iconButton(className, icon, label, press) {
  const made = document.createElement("button");
  made.className = `icon quiet ${className}`;
  made.addEventListener("click", press);
  name(made, icon, label);
  return made;
}

/**
 * @param {HTMLElement} element
 * @param {string} icon
 * @param {string} label what it says to those who do not see it
 */
export function name(element, icon, label) {
  if (element.title === label && element.firstChild) return;
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  path.setAttribute("d", icon);
  picture.append(path);
  element.replaceChildren(picture);
  element.setAttribute("aria-label", label);
  element.title = label;
}
