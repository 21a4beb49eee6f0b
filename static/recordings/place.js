/**
 * Make these the children, and move none that is in its place: what has the focus would lose it.
 * @param {Element} parent
 * @param {Element[]} children
 */
export function place(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => parent.children[i] !== child && parent.insertBefore(child, parent.children[i] ?? null));
}
