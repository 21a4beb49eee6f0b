/** @typedef {[number, number]} Point in parts of the picture, from its left top corner */

const LEAST = 0.03; // parts of the picture: what is drawn smaller was none
const DIGITS = 4;

/** @param {number} part */
export function within(part) {
  return Math.min(Math.max(part, 0), 1);
}

/** The rectangle between two points; null where it is too small to be meant. @param {Point} one @param {Point} other @returns {Point[] | null} */
export function rectangle([ax, ay], [bx, by]) {
  const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)];
  const [top, bottom] = [Math.min(ay, by), Math.max(ay, by)];
  if (right - left < LEAST || bottom - top < LEAST) return null;
  return rounded([[left, top], [right, top], [right, bottom], [left, bottom]]);
}

/** All of it, as far as it stays in the picture. @param {Point[]} points @param {number} x @param {number} y @returns {Point[]} */
export function moved(points, x, y) {
  const { left, top, right, bottom } = bounds(points);
  const [dx, dy] = [Math.min(Math.max(x, -left), 1 - right), Math.min(Math.max(y, -top), 1 - bottom)];
  return rounded(points.map(([px, py]) => [px + dx, py + dy]));
}

/** With another corner there. @param {Point[]} points @param {number} corner @param {Point} point @returns {Point[]} */
export function withCorner(points, corner, point) {
  return rounded(points.map((each, index) => (index === corner ? point : each)));
}

/** @param {Point[]} points */
export function bounds(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** Whether a polygon has the point: by how many of its sides are crossed on the way out. @param {Point[]} points @param {Point} point */
export function contains(points, [x, y]) {
  let isInside = false;
  points.forEach(([ax, ay], index) => {
    const [bx, by] = points[(index + 1) % points.length];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) isInside = !isInside;
  });
  return isInside;
}

/** @param {Point[]} points @returns {Point[]} */
function rounded(points) {
  return points.map(([x, y]) => [Number(within(x).toFixed(DIGITS)), Number(within(y).toFixed(DIGITS))]);
}
