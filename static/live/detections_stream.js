import { sitePath } from "../lib/http.js";
import { EventStream } from "./event_stream.js";

/** @typedef {import("../lib/detection_ring.js").DetectionResult} DetectionResult */

const STREAM_URL = sitePath("/api/detections/stream");

/**
 * The server's stream of the detector's results. Events besides those of every stream: `result` (detail: a `DetectionResult`) and
 * `level` (detail: how loud the camera's sound is). */
export class DetectionsStream extends EventStream {
  constructor() {
    super(STREAM_URL, { message: "result", level: "level" });
  }
}
