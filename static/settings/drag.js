/**
 * @typedef {object} Drag
 * @property {(event: PointerEvent) => void} move
 * @property {(event: PointerEvent) => void} end
 * @property {() => void} cancel the system took the finger for something else
 */

/**
 * Follow a finger, or the mouse, from where it goes down on `element` to where it is lifted, wherever it goes between.
 * @param {HTMLElement} element
 * @param {(event: PointerEvent) => Drag | null} begin
 */
export function followPointer(element, begin) {
  element.addEventListener("pointerdown", (down) => {
    if (down.button || !down.isPrimary) return;
    const drag = begin(down);
    if (!drag) return;
    const listening = new AbortController();
    const { signal } = listening;
    /** @param {(event: PointerEvent) => void} then @returns {(event: PointerEvent) => void} */
    const last = (then) => (event) => {
      listening.abort();
      then(event);
    };
    element.setPointerCapture(down.pointerId);
    element.addEventListener("pointermove", (event) => drag.move(event), { signal });
    element.addEventListener("pointerup", last((event) => drag.end(event)), { signal });
    element.addEventListener("pointercancel", last(() => drag.cancel()), { signal });
  });
}
