import { sitePath } from "../lib/http.js";

/** @typedef {import("./visits.js").Visit} Visit */

const LEAD_SECONDS = 2; // before the first box, so that it is seen to come in

/**
 * Where a visit's film plays from its begin: in the first recording that is left; empty where there is none.
 * @param {Pick<Visit, "video" | "recordings">} visit
 */
export function visitAddress({ video, recordings: [first] }) {
  if (video !== "here" || !first) return "";
  const at = Math.max(0, first.offset - LEAD_SECONDS);
  return sitePath(`/recordings#${encodeURIComponent(first.name)}&at=${at.toFixed(1)}`);
}
