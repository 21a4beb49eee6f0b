/** @typedef {import("./detection_ring.js").Detection} Detection */
/** @typedef {import("./detection_ring.js").DetectionResult} DetectionResult */
/** @typedef {import("./detection_ring.js").Rect} Rect */

const LEAST_OVERLAP = 0.1; // of what two boxes cover together: less is another animal

/**
 * The boxes between two results. What only one of them has is there for the half of the way that is nearer to it.
 *
 * @param {DetectionResult} before
 * @param {DetectionResult} after
 * @param {number} part of the way from `before`, 0 to 1
 * @returns {Detection[]}
 */
export function interpolate(before, after, part) {
  const pairs = pairsOf(before, after);
  const paired = [...pairs].map(([a, b]) => ({ ...(part < 0.5 ? a : b), bbox: onTheWay(a.bbox, b.bbox, part) }));
  const near = part < 0.5 ? before : after;
  const others = new Set([...pairs.keys(), ...pairs.values()]);
  return [...paired, ...near.detections.filter((detection) => !others.has(detection))];
}

/**
 * The boxes of `newest`, gone on as each has moved since `before`; one that was not there then stands still.
 *
 * @param {DetectionResult | undefined} before
 * @param {DetectionResult} newest
 * @param {number} part how far beyond `newest`, in ways from `before` to it
 * @returns {Detection[]}
 */
export function extrapolate(before, newest, part) {
  if (!before) return newest.detections;
  const since = new Map([...pairsOf(before, newest)].map(([a, b]) => [b, a]));
  return newest.detections.map((detection) => {
    const earlier = since.get(detection);
    return earlier ? { ...detection, bbox: onTheWay(earlier.bbox, detection.bbox, 1 + part) } : detection;
  });
}

/**
 * Which box of one result is which of the other: of the same class, those that overlap most first.
 *
 * @param {DetectionResult} before
 * @param {DetectionResult} after
 * @returns {Map<Detection, Detection>}
 */
function pairsOf(before, after) {
  const pairs = new Map();
  if (before.width !== after.width || before.height !== after.height) return pairs;
  const candidates = before.detections.flatMap((a) => after.detections.map((b) => ({ a, b, overlap: overlap(a, b) })));
  const taken = new Set();
  for (const { a, b, overlap } of candidates.sort((one, other) => other.overlap - one.overlap)) {
    if (overlap < LEAST_OVERLAP) break;
    if (pairs.has(a) || taken.has(b)) continue;
    pairs.set(a, b);
    taken.add(b);
  }
  return pairs;
}

/**
 * 0 for boxes apart or of different classes, 1 for the same box.
 * @param {Detection} a
 * @param {Detection} b
 */
function overlap({ class_name, bbox: a }, { class_name: other, bbox: b }) {
  if (class_name !== other) return 0;
  const across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  const common = Math.max(0, across) * Math.max(0, down);
  return common / (a.w * a.h + b.w * b.h - common) || 0;
}

/**
 * Each edge goes its own way, as one of them may stand at the picture's border.
 * @param {Rect} a
 * @param {Rect} b
 * @param {number} part
 * @returns {Rect}
 */
function onTheWay(a, b, part) {
  /** @param {number} from @param {number} to */
  const at = (from, to) => from + (to - from) * part;
  const [x, y] = [at(a.x, b.x), at(a.y, b.y)];
  return { x, y, w: Math.max(0, at(a.x + a.w, b.x + b.w) - x), h: Math.max(0, at(a.y + a.h, b.y + b.h) - y) };
}
