import { NO_KEYFRAME, ServerError } from "../lib/http.js";
import { WITHOUT_KEYFRAME } from "../lib/server_status.js";
import { Call } from "./call.js";
import { eachFrame, hasPicture, NewestFrame, setAspect } from "../lib/frames.js";
import { fetchConfig } from "./viewer_config.js";

const TICK_MS = 250;
const SLEPT_MS = 4000; // a tick this late: the machine slept
const CONNECT_MS = 5000; // from the answer to a media path
const SETTLE_MS = 700; // without a picture after connecting or waking
const STALL_MS = 1500; // without a picture while it was live
const PROMISE_MS = 2000; // the same while it was not
const PAUSES_MS = [500, 1000, 2000, 4000, 5000];
const FAILURES_TO_GIVE_HOPE = 3; // from the next one on it is called unreachable

/** @typedef {"closed" | "connecting" | "waiting" | "live" | "blocked" | "reconnecting" | "unreachable"} VideoState */
/**
 * @typedef {object} VideoDetail
 * @property {string} [camera] the camera's state, while `waiting`
 * @property {number} [seconds] to the next try, while `reconnecting` or `unreachable`
 * @property {unknown} [error] why there is no picture, then
 */

/**
 * Live video by WebRTC that comes back by itself.
 *
 * `connecting` → `live`, or `waiting` where the camera sends nothing, over the connection that there is, or nobody can
 * begin for lack of a keyframe. Any other failure leads to `reconnecting`, after some failures `unreachable`, with growing
 * pauses between tries. `blocked`: the browser wants a tap before it plays; call `play()` from it.
 *
 * Events: `statechange` (also when `detail.seconds` changes), `call` when one is answered or ends, `firstframe` of each
 * connection.
 */
export class WebRTCVideoClient extends EventTarget {
  #video;
  #askCamera;
  #mayDelay;
  #slowness;
  #firstCall;
  /** @type {VideoState} */
  #state = "closed";
  /** @type {VideoDetail} */
  #detail = {};
  /** @type {AbortController | null} ends everything that start() began */
  #life = null;
  /** @type {AbortController | null} ends this try and its peer connection */
  #attempt = null;
  /** @type {Call | null} the one of #peer */
  #current = null;
  /** @type {Call | null} the same, once it is answered */
  #answered = null;
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  #newest = new NewestFrame(); // of all calls
  /** @type {(() => void) | null} while it is seen in another window too */
  #stopElsewhere = null;
  #failures = 0;
  #retryAt = Infinity; // performance.now() of the next try
  #quietAt = Infinity; // performance.now() at which a picture is missed
  #promised = false; // the camera was said to be live, and its picture is awaited
  #tickedAt = 0; // Date.now(), which goes on while a machine sleeps

  /**
   * @param {HTMLVideoElement} video
   * @param {() => Promise<string>} askCamera the camera's state as the server sees it; empty where it does not answer
   * @param {() => boolean} mayDelay whether `setPlayoutDelay` is to have an effect on the next call
   * @param {() => number} slowness in ms, as `ServerStatusMonitor` has it
   * @param {Call | null} [firstCall] one that has begun already
   */
  constructor(video, askCamera, mayDelay, slowness = () => 0, firstCall = null) {
    super();
    this.#slowness = slowness;
    this.#video = video;
    this.#askCamera = askCamera;
    this.#mayDelay = mayDelay;
    this.#firstCall = firstCall;
  }

  get state() {
    return this.#state;
  }

  get detail() {
    return this.#detail;
  }

  get video() {
    return this.#video;
  }

  /** The one that was answered; null while there is none. */
  get call() {
    return this.#answered;
  }

  /** What the browser says of this call; null while there is none. @returns {Promise<RTCStatsReport | null>} */
  async stats() {
    return (await this.#peer?.getStats()) ?? null;
  }

  /**
   * The stream is seen in another window too, and is missed there while the page is hidden; null where it no longer is.
   * @param {HTMLVideoElement | null} video
   */
  setSeenIn(video) {
    this.#stopElsewhere?.();
    this.#stopElsewhere = video && eachFrame(video, (frame) => this.#onFrame(frame));
  }

  start() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    const wake = () => document.hidden || this.wake();
    window.addEventListener("online", wake, { signal });
    window.addEventListener("pageshow", wake, { signal });
    document.addEventListener("visibilitychange", wake, { signal });
    this.#tickedAt = Date.now();
    const ticker = setInterval(() => this.#tick(), TICK_MS);
    const stopFrames = eachFrame(this.#video, (frame) => this.#onFrame(frame));
    signal.addEventListener("abort", () => (clearInterval(ticker), stopFrames()));
    this.#connect();
  }

  /** Undo start(). */
  close() {
    this.#life?.abort();
    this.#life = null;
    this.#hangUp();
    this.#video.srcObject = null;
    this.#failures = 0;
    this.#setState("closed");
  }

  /** Something may have changed for the better, or the page slept: try at once, or look whether pictures come. */
  wake() {
    if (!this.#life) return;
    if (this.#retryAt < Infinity) {
      this.#connect();
    } else if (this.#state === "live" || this.#state === "waiting") {
      this.#watch(SETTLE_MS);
      this.play();
    }
  }

  /** Make the call anew, as something about it was chosen differently. */
  redial() {
    if (this.#current) this.#connect();
  }

  /**
   * Have pictures wait before they are shown; each call begins with 0.
   * @param {number} milliseconds
   */
  setPlayoutDelay(milliseconds) {
    this.#current?.setPlayoutDelay(milliseconds);
  }

  /** Begin to play; to be called from a tap where the browser asks for one. */
  async play() {
    try {
      await this.#video.play();
    } catch (error) {
      // Any other refusal belongs to a stream that was replaced meanwhile.
      if (error instanceof DOMException && error.name === "NotAllowedError" && this.#peer) this.#block();
    }
  }

  async #connect() {
    this.#hangUp();
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const shown = this.#firstCall?.stream === this.#video.srcObject && hasPicture(this.#video);
    if (this.#failures === 0) this.#setState(shown ? "live" : "connecting");
    try {
      const call = await this.#dial(signal);
      if (!signal.aborted) this.#attach(call);
    } catch (error) {
      if (!signal.aborted) this.#handleError(error);
    }
  }

  /**
   * A call that was answered. Its token is good once: one that was used or is too old is asked for anew.
   * @param {AbortSignal} signal
   */
  async #dial(signal) {
    const begun = this.#firstCall;
    this.#firstCall = null;
    try {
      return await this.#follow(begun ?? (await this.#call(signal)), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ServerError && error.status === 401)) throw error;
    }
    return this.#follow(await this.#call(signal), signal);
  }

  /** @param {AbortSignal} signal */
  async #call(signal) {
    const config = await fetchConfig(signal);
    if (signal.aborted) throw new Error("closed meanwhile");
    return new Call(config, this.#mayDelay());
  }

  /**
   * @param {Call} call
   * @param {AbortSignal} signal
   */
  async #follow(call, signal) {
    const { peer } = call;
    signal.addEventListener("abort", () => call.close());
    this.#peer = peer;
    this.#current = call;
    peer.addEventListener("connectionstatechange", () => this.#onConnection(peer.connectionState), { signal });
    try {
      await call.answered;
    } catch (error) {
      call.close();
      throw error;
    }
    return call;
  }

  /** @param {Call} call */
  #attach(call) {
    const { stream, aspect } = call;
    setAspect(this.#video, aspect);
    this.#watch(this.#state === "live" ? STALL_MS : CONNECT_MS); // the first call may have its picture already
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream; // to set it again would begin anew
    this.play();
    this.#answered = call;
    this.dispatchEvent(new Event("call"));
  }

  /** @param {RTCPeerConnectionState} connection */
  #onConnection(connection) {
    if (connection === "failed" || connection === "closed") this.#handleError(new Error("connection lost"));
    else if (connection === "connected" || connection === "disconnected") this.#watch(SETTLE_MS);
  }

  /** @param {VideoFrameCallbackMetadata | null} frame */
  #onFrame(frame) {
    if (!this.#peer || this.#video.paused) return; // a browser shows the first picture of what it refuses to play
    if (!this.#newest.isNewer(frame?.rtpTimestamp ?? this.#current?.playedTimestamp)) return;
    const first = this.#state !== "live";
    if (first) this.#setState("live");
    this.#failures = 0;
    this.#promised = false;
    this.#watch(STALL_MS + this.#slowness());
    if (first) this.dispatchEvent(new Event("firstframe"));
  }

  #tick() {
    const slept = Date.now() - this.#tickedAt > SLEPT_MS;
    this.#tickedAt = Date.now();
    if (document.hidden && !this.#stopElsewhere) return; // no picture is presented then
    if (slept) this.wake();
    else if (performance.now() >= this.#retryAt) this.#connect();
    else if (performance.now() >= this.#quietAt) this.#onQuiet();
    else if (this.#retryAt < Infinity) this.#setState(this.#state, { ...this.#detail, seconds: this.#secondsLeft() });
  }

  /** No picture in time: the camera is silent, or this connection is dead. */
  async #onQuiet() {
    const peer = this.#peer;
    this.#quietAt = Infinity;
    if (peer?.connectionState === "new" || peer?.connectionState === "connecting") {
      return this.#handleError(new Error("no media path"));
    }
    const camera = await this.#askCamera();
    if (!this.#life || peer !== this.#peer || this.#quietAt < Infinity) return; // a picture or another call came meanwhile
    if (!peer && camera !== WITHOUT_KEYFRAME) {
      this.#connect();
    } else if (camera === "live" && !this.#promised) {
      this.#promised = true;
      this.#watch((this.#state === "live" ? SETTLE_MS : PROMISE_MS) + this.#slowness());
    } else if (camera === "live" || camera === "") {
      this.#handleError(new Error("picture lost"));
    } else {
      this.#wait(camera);
    }
  }

  /** @param {string} camera the state that has to change before there can be a picture */
  #wait(camera) {
    this.#promised = false;
    this.#failures = 0;
    this.#setState("waiting", { camera });
    this.#watch(PROMISE_MS);
  }

  /** @param {unknown} error */
  #handleError(error) {
    this.#hangUp();
    if (error instanceof ServerError && error.reason === NO_KEYFRAME) return this.#wait(WITHOUT_KEYFRAME);
    const asked = error instanceof ServerError && error.retryAfter ? error.retryAfter * 1000 : 0;
    const pause = Math.max(PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)], asked);
    this.#failures += 1;
    this.#retryAt = performance.now() + pause;
    const reached = asked > 0; // a server that says when to come again is there
    const state = this.#failures > FAILURES_TO_GIVE_HOPE && !reached ? "unreachable" : "reconnecting";
    this.#setState(state, { error, seconds: this.#secondsLeft() });
  }

  #hangUp() {
    this.#attempt?.abort();
    this.#attempt = null;
    this.#current = null;
    this.#peer = null;
    this.#answered = null;
    this.#promised = false;
    this.#retryAt = Infinity;
    this.#quietAt = Infinity;
    this.dispatchEvent(new Event("call"));
  }

  #block() {
    this.#quietAt = Infinity;
    this.#setState("blocked");
  }

  /** @param {number} milliseconds without a picture from now on, after which it is missed */
  #watch(milliseconds) {
    if (this.#state !== "blocked") this.#quietAt = performance.now() + milliseconds;
  }

  #secondsLeft() {
    return Math.max(0, Math.ceil((this.#retryAt - performance.now()) / 1000));
  }

  /**
   * @param {VideoState} state
   * @param {VideoDetail} [detail]
   */
  #setState(state, detail = {}) {
    const same = state === this.#state && detail.seconds === this.#detail.seconds && detail.camera === this.#detail.camera;
    this.#state = state;
    this.#detail = detail;
    if (!same) this.dispatchEvent(new Event("statechange"));
  }
}
