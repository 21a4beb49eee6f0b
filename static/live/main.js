import { byId, setText } from "../lib/dom.js";
import { CAMERA_OFF, ServerError } from "../lib/http.js";
import { loadMessages } from "../lib/messages.js";
import { Microphone } from "../lib/microphone.js";
import { RecordingControls } from "../lib/recording_controls.js";
import { RecordingPanel } from "../lib/recording_panel.js";
import { ServerStatusMonitor } from "../lib/server_status.js";
import { BBoxOverlay } from "../lib/bbox_overlay.js";
import { canDelay } from "./call.js";
import { DetectionsStream } from "./detections_stream.js";
import { Fallback } from "./fallback.js";
import { FullscreenButton } from "../lib/fullscreen.js";
import { lastWords } from "./last_recording.js";
import { LatestRecordings } from "./latest_recordings.js";
import { setAspect } from "../lib/frames.js";
import { MjpegView } from "./mjpeg_view.js";
import { Notice } from "./notice.js";
import { setShape, shape } from "./picture_shape.js";
import { PictureTools } from "./picture_tools.js";
import { PlayoutDelay } from "./playout_delay.js";
import { RestingControls } from "../lib/resting_controls.js";
import { inlinedConfig } from "./viewer_config.js";
import { VideoPicture } from "./video_picture.js";
import { WebRTCVideoClient } from "./webrtc_client.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../lib/choices.js").Choices} Choices */
/** @typedef {import("./choice_menu.js").ChoiceMenu} ChoiceMenu */
/** @typedef {import("./latest_recordings.js").Last} Last */
/** @typedef {import("../lib/messages.js").Messages} Messages */
/**
 * @typedef {object} Begun what the entry has made
 * @property {Choices} choices
 * @property {() => boolean} mayDelay whether pictures may wait for their boxes
 * @property {Call | null} firstCall
 */

const LARGE_TEXT_PX = 24;

/** The page: makes the modules, and tells each what another one found out. */
class Page {
  monitor = new ServerStatusMonitor();
  #cameraNow = () => this.monitor.health?.camera.state ?? "";
  #slowness = () => this.monitor.slowness;
  #askCamera = () => this.monitor.camera();
  view = new MjpegView(byId("mjpeg-canvas"), this.#cameraNow, this.#slowness, this.#askCamera);
  detections = new DetectionsStream();
  #video = new VideoPicture(byId("webrtc-video"));
  #controls = new RestingControls(byId("camera"), ".picture-controls button, .badges span", ".badges [data-lasting]");
  overlay;
  #playoutDelay;
  recording = new RecordingControls();
  #latest;
  #notice;
  /** @type {RecordingPanel | undefined} */
  #panel;
  /** @type {PictureTools | undefined} */
  #tools;
  /** @type {Promise<ChoiceMenu> | null} */
  #choiceMenu = null;
  #toastTimer = 0;
  /** @type {import("./past_buttons.js").PastButtons | null} null before one of them is first pressed */
  #past = null;
  /** @type {import("./visit_strip.js").VisitStrip | null} */
  #strip = null;
  #microphone;
  /** @type {import("./sound.js").Sound | null} */
  #sound = null;
  #diskMissing = false; // when the latest recordings were last asked for
  #isOff = byId("camera").dataset.video === "off"; // the owner has turned the camera off
  #isAlone = document.body.dataset.alone !== undefined; // the streamer serves: there are no visits, and no MJPEG
  /** @type {Promise<import("./camera_switch.js").CameraSwitch> | null} */
  #cameraSwitch = null;

  /**
   * @param {Begun} begun
   * @param {Messages} messages
   */
  constructor({ choices, mayDelay, firstCall }, messages) {
    this.messages = messages;
    this.overlay = new BBoxOverlay(this.#video, byId("bbox-canvas"), (name) => messages.className(name), () => this.#controls.covering());
    this.#latest = new LatestRecordings(byId("recordings"), messages);
    this.#notice = new Notice(byId("notice"), messages);
    const failed = (/** @type {unknown} */ error) => this.#toast(messages.error(error));
    this.#microphone = new Microphone(byId("microphone"), messages, failed, () => this.monitor.check());
    this.choices = choices;
    this.client = new WebRTCVideoClient(byId("webrtc-video"), this.#askCamera, mayDelay, this.#slowness, firstCall);
    this.fallback = new Fallback(this.client, this.view, choices, this.#cameraNow, !this.#isAlone);
    this.#playoutDelay = new PlayoutDelay(this.client, this.overlay.delay, choices);
  }

  start() {
    new FullscreenButton(byId("fullscreen"), byId("camera"), byId("webrtc-video"), {
      labels: [this.messages.text("live.fullscreen.on"), this.messages.text("live.fullscreen.off")],
      isWide: () => shape() > 1,
      isVideoSeen: () => this.fallback.way === "webrtc",
    });
    this.#panel = new RecordingPanel(
      {
        status: byId("recording-status"),
        start: byId("start-recording"),
        stop: byId("stop-recording"),
        time: byId("recording-time"),
        frames: byId("recording-frames"),
        size: byId("recording-size"),
        file: byId("recording-file"),
        note: byId("recording-note"),
        details: byId("recording-details"),
        last: byId("last-recording"),
      },
      this.recording,
      this.messages,
    );
    const { choices, client, detections, fallback, messages, overlay, view } = this;
    const parts = { choices, client, detections, fallback, messages, overlay, video: this.#video, view };
    this.#tools = new PictureTools(parts, (...said) => this.#toast(...said));
    this.#tools.start();
    if (byId("microphone")) this.#makeSound(parts);
    this.#wire();
    this.#open();
    this.#showLatest();
  }

  /** @param {import("./picture_tools.js").PictureParts} parts */
  async #makeSound(parts) {
    const { Sound } = await import("./sound.js");
    const hasSound = inlinedConfig()?.sound ?? false;
    this.#sound = new Sound(byId("picture-controls"), parts, this.#playoutDelay, (...said) => this.#toast(...said), hasSound);
    this.#sound.follow(this.monitor.health?.sound);
    if (!this.#isOff) await this.#sound.start();
  }

  #open() {
    if (!this.#isOff) this.#openPicture();
    this.monitor.start();
    this.#showVisits();
  }

  #openPicture() {
    this.fallback.start();
    this.overlay.start();
    this.detections.start();
    this.#playoutDelay.start();
    this.#sound?.start();
  }

  #closePicture() {
    this.#past?.close();
    this.#sound?.close();
    this.#playoutDelay.close();
    this.detections.close();
    this.overlay.close();
    this.fallback.close();
  }

  // On leaving: so that the streamer counts one viewer less at once, and a browser that keeps the page can.
  #close() {
    this.monitor.close();
    this.#closePicture();
    this.recording.close();
    this.#strip?.close();
  }

  /** Who was seen; what is below is shown once it is known whether that comes in between. */
  async #showVisits() {
    try {
      if (this.#isAlone) return;
      const { VisitStrip } = await import("./visit_strip.js");
      const { zone = "", role } = document.body.dataset;
      this.#strip ??= new VisitStrip(byId("visits"), this.messages, { zone, mayChange: role === "owner" });
      await this.#strip.start();
    } finally {
      byId("latest").hidden = false;
    }
  }

  #wire() {
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => event.persisted && this.#open());
    this.fallback.addEventListener("statechange", () => this.#showPicture());
    this.client.addEventListener("firstframe", () => this.monitor.check()); // there is a viewer more
    this.view.addEventListener("statechange", () => this.view.state === "live" && this.monitor.check());
    this.detections.addEventListener("result", (event) => this.overlay.add(/** @type {CustomEvent} */ (event).detail));
    this.detections.addEventListener("close", () => this.overlay.clear());
    this.detections.addEventListener("statechange", () => this.#showPicture());
    this.monitor.addEventListener("change", () => this.#followServer());
    this.monitor.addEventListener("loginrequired", () => location.reload());
    this.recording.addEventListener("saved", () => this.#onSaved());
    this.recording.addEventListener("trouble", (event) => {
      this.#toast(this.messages.error(/** @type {CustomEvent} */ (event).detail));
    });
    this.#latest.addEventListener("change", (event) => this.#showLast(/** @type {CustomEvent} */ (event).detail));
    byId("webrtc-video").addEventListener("resize", () => setShape(this.#video.width, this.#video.height));
    byId("play").addEventListener("click", () => this.client.play());
    new ResizeObserver(([{ contentRect }]) => followTextSize(contentRect.width)).observe(byId("brand"));
    byId("choices").addEventListener("click", () => this.#onChoices());
    byId("choices").disabled = false; // before, a press would be lost
    byId("rewind").addEventListener("click", () => this.#usePast("lookBack"));
    byId("keep-past").addEventListener("click", () => this.#usePast("keep"));
    byId("rewind").disabled = false;
    byId("camera-switch")?.addEventListener("click", () => this.#useSwitch((camera) => camera.toggle()));
    if (byId("camera-switch")) byId("camera-switch").disabled = false;
  }

  #followServer() {
    const { state, health } = this.monitor;
    this.#followSwitch(health?.camera_switch);
    const cameBack = state === "connected" && byId("server-status").dataset.state === "disconnected";
    byId("server-status").dataset.state = state;
    setText(byId("server-status"), this.messages.text(`state.server.${state}`));
    setText(byId("camera-status"), health ? this.messages.text(`live.camera.${health.camera.state}`) : "");
    setText(byId("viewers"), health ? this.messages.text("live.viewers", { n: health.webrtc_clients + health.mjpeg_clients }) : "");
    this.recording.follow(health?.recording, health?.recording_reason, health?.camera.state, health?.by_itself);
    this.#strip?.follow(health?.by_itself === null);
    this.#microphone.follow(health?.sound, health?.camera_switch);
    this.#sound?.follow(health?.sound);
    byId("keep-past").disabled = this.#isOff || health?.recording === undefined || health.recording === null;
    this.#showNotice();
    this.#showTrouble();
    if (health) this.#follow(health.camera);
    if (health && this.#diskMissing !== this.monitor.diskMissing) this.#showLatest();
    if (cameBack) this.client.wake();
  }

  /** @param {import("../lib/server_status.js").CameraSwitchState} [switched] */
  #followSwitch(switched) {
    if (!switched || (switched.on && !this.#isOff)) return;
    const changed = switched.on === this.#isOff;
    this.#isOff = !switched.on;
    this.#useSwitch((camera) => (this.#isOff ? camera.show(switched) : camera.hide()));
    if (!changed) return;
    if (this.#isOff) this.#closePicture();
    else this.#openPicture();
    this.#showPicture();
  }

  /** @param {(camera: import("./camera_switch.js").CameraSwitch) => void} use */
  async #useSwitch(use) {
    const failed = (/** @type {unknown} */ error) => this.#toast(this.messages.error(error));
    this.#cameraSwitch ??= import("./camera_switch.js").then(({ CameraSwitch }) => {
      const zone = document.body.dataset.zone ?? "";
      return new CameraSwitch(byId("camera-switch"), byId("notice"), this.messages, zone, failed, () => this.monitor.check());
    });
    try {
      use(await this.#cameraSwitch);
    } catch (error) {
      this.#cameraSwitch = null;
      failed(error);
    }
  }

  /** @param {import("../lib/server_status.js").Camera} camera */
  #follow({ aspect, width = 0, height = 0 }) {
    setAspect(byId("webrtc-video"), aspect);
    setShape((width * (aspect?.[0] ?? 1)) / (aspect?.[1] ?? 1), height);
  }

  #showLatest() {
    this.#diskMissing = this.monitor.diskMissing;
    this.#latest.refresh();
  }

  #showPicture() {
    const { way, state } = this.fallback;
    const changed = byId("camera").dataset.way !== way;
    byId("camera").dataset.way = way;
    byId("camera").dataset.video = this.#isOff ? "off" : state;
    if (/** @type {{phrase?: string} | undefined} */ (this.client.detail.error)?.phrase === CAMERA_OFF) this.monitor.check();
    if (changed && !this.#past?.isOpen) this.overlay.watch(this.#livePicture());
    this.#showNotice();
    setText(byId("live"), state === "live" ? this.messages.text("live.video.live") : "");
    if (way === "mjpeg") setShape(this.view.width, this.view.height);
    this.#showTrouble();
  }

  /** Why the picture is a simple one, or something is missing beside it: in one sentence, where people look. */
  #showTrouble() {
    const { state, reason } = this.fallback;
    setText(byId("way"), this.#whyMjpeg());
    byId("way").toggleAttribute("data-lasting", reason === "trying" || reason === "keyframe");
    setText(byId("boxes"), state === "live" ? this.#whatIsMissing() : "");
  }

  #livePicture() {
    return this.fallback.way === "mjpeg" ? this.view : this.#video;
  }

  /** @param {"lookBack" | "keep"} what */
  async #usePast(what) {
    try {
      const { PastButtons } = await import("./past_buttons.js");
      this.#past ??= new PastButtons({
        camera: byId("camera"),
        button: byId("rewind"),
        canvas: byId("bbox-canvas"),
        overlay: this.overlay,
        live: () => this.#livePicture(),
        messages: this.messages,
        toast: (...said) => this.#toast(...said),
        kept: () => this.#showLatest(),
      });
      await this.#past[what]();
    } catch (error) {
      this.#toast(this.messages.error(error)); // it cannot be loaded
    }
  }

  #showNotice() {
    const { state, detail } = this.fallback;
    if (!this.#isOff) this.#notice.show(state, detail, this.monitor.secondsWithoutKeyframe);
  }

  #whatIsMissing() {
    const { connected, refusal } = this.detections;
    const isAway = this.monitor.state === "disconnected";
    if (this.#isOff) return "";
    if (isAway) return this.fallback.reason === "trying" ? "" : this.messages.text("live.server.lost"); // which says it
    if (refusal) return this.messages.error(refusal);
    const isEarly = this.monitor.state === "checking"; // the page has just begun, and so has their stream
    return connected || isEarly ? "" : this.messages.text("live.boxes.lost");
  }

  #whyMjpeg() {
    const { reason } = this.fallback;
    const { error } = this.client.detail;
    if (reason !== "trying" || !(error instanceof ServerError)) return reason && this.messages.text(`live.way.${reason}`);
    return this.messages.text("live.way.refused", { why: this.messages.error(error) });
  }

  #onSaved() {
    this.#toast(this.messages.text("state.recording.saved"));
    this.#showLatest();
  }

  /** @param {Last | null} last */
  #showLast(last) {
    this.#panel?.showLast(last?.href ?? "", last ? lastWords(last.start, last.duration, this.messages) : "");
  }

  #onChoices() {
    this.#choiceMenu ??= import("./choice_menu.js").then(
      ({ ChoiceMenu }) => {
        const without = /** @type {("boxes" | "picture")[]} */ (canDelay() ? [] : ["boxes"]);
        if (this.#isAlone) without.push("picture");
        return new ChoiceMenu(byId("choices"), this.choices, this.messages, without, this.#tools?.actions ?? [], this.#sound?.rows);
      },
    );
    this.#choiceMenu.then(
      (menu) => menu.toggle(),
      (error) => ((this.#choiceMenu = null), this.#toast(this.messages.error(error))),
    );
  }

  /** @param {(string | Node)[]} said on the picture for a while */
  #toast(...said) {
    clearTimeout(this.#toastTimer);
    byId("toast").replaceChildren(...said);
    this.#toastTimer = setTimeout(() => setText(byId("toast"), ""), 8000);
  }
}

/**
 * Large text needs the page's whole width, which stylesheets cannot ask for: they know no text size but the browser's.
 * @param {number} width of what is 1.75rem wide
 */
function followTextSize(width) {
  document.documentElement.classList.toggle("large", width / 1.75 >= LARGE_TEXT_PX);
}

/** @param {Begun} begun */
export async function start(begun) {
  const page = new Page(begun, await loadMessages());
  page.start();
  return page;
}
