/** @typedef {import("./detection_ring.js").Detection} Detection */
/** @typedef {import("./detection_ring.js").DetectionResult} DetectionResult */
/** @typedef {import("./detection_ring.js").Rect} Rect */
/** @typedef {Pick<DetectionResult, "detections" | "width" | "height">} Found */

const LEAST_OVERLAP = 0.1; // of what two boxes cover together: less is another animal
const LONG_MS = 500; // between two results: an animal may have left where it was
const LENGTHS = 2; // of its own that it may be away then, for each second

/**
 * The boxes between two results. What only one of them has is there for the half of the way that is nearer to it.
 *
 * @param {DetectionResult} before
 * @param {DetectionResult} after
 * @param {number} part of the way from `before`, 0 to 1
 * @param {number} [gap] milliseconds from one to the other
 * @returns {Detection[]}
 */
export function interpolate(before, after, part, gap) {
  const pairs = pairsOf(before, after, gap);
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
 * @param {number} [gap] milliseconds from one to the other
 * @returns {Detection[]}
 */
export function extrapolate(before, newest, part, gap) {
  if (!before) return newest.detections;
  const since = new Map([...pairsOf(before, newest, gap)].map(([a, b]) => [b, a]));
  return newest.detections.map((detection) => {
    const earlier = since.get(detection);
    return earlier ? { ...detection, bbox: onTheWay(earlier.bbox, detection.bbox, 1 + part) } : detection;
  });
}

/**
 * Which box of one result is which of the other: of the same class, those that overlap most first; then, where the results
 * are far apart, those that are nearest.
 *
 * @param {Found} before
 * @param {Found} after
 * @param {number} [gap] milliseconds from one to the other
 * @returns {Map<Detection, Detection>}
 */
export function pairsOf(before, after, gap = 0) {
  const pairs = new Map();
  if (before.width !== after.width || before.height !== after.height) return pairs;
  const candidates = before.detections.flatMap((a) => after.detections.map((b) => ({ a, b, likeness: likeness(a, b, gap) })));
  const taken = new Set();
  for (const { a, b, likeness } of candidates.sort((one, other) => other.likeness - one.likeness)) {
    if (likeness <= 0) break;
    if (pairs.has(a) || taken.has(b)) continue;
    pairs.set(a, b);
    taken.add(b);
  }
  return pairs;
}

/**
 * 0 for boxes of different animals, 1 for the same box; whoever walked away is less like than what overlaps.
 * @param {Detection} a
 * @param {Detection} b
 * @param {number} gap milliseconds
 */
function likeness({ class_name, bbox: a }, { class_name: other, bbox: b }, gap) {
  if (class_name !== other) return 0;
  const common = overlap(a, b);
  if (common >= LEAST_OVERLAP) return common;
  const reach = gap > LONG_MS ? (Math.max(a.w, a.h, b.w, b.h) * LENGTHS * gap) / 1000 : 0;
  const way = Math.hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2);
  return way < reach ? LEAST_OVERLAP * (1 - way / reach) : 0;
}

/**
 * Of what two boxes cover together, the part that both do.
 * @param {Rect} a
 * @param {Rect} b
 */
function overlap(a, b) {
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
