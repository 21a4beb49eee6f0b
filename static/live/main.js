import { BBoxOverlay } from "./bbox_overlay.js";
import { ChoiceMenu } from "./choice_menu.js";
import { byId, setText } from "../lib/dom.js";
import { choices, firstCall, mayHoldBack } from "./entry.js";
import { videoSource } from "./frames.js";
import { FullscreenButton } from "./fullscreen.js";
import { HoldBack } from "./playout_delay.js";
import { ServerError } from "../lib/http.js";
import { Messages } from "../lib/messages.js";
import { MjpegView } from "./mjpeg_view.js";
import { PictureNotice } from "./notice.js";
import { PictureWay } from "./fallback.js";
import { RecordingControls } from "../lib/recording_controls.js";
import { RecordingList } from "./latest_recordings.js";
import { RecordingPanel } from "../lib/recording_panel.js";
import { ServerStatusMonitor } from "../lib/server_status.js";
import { WebRTCVideoClient } from "./webrtc_client.js";

/** The page: makes the modules, and tells each what another one found out. */
class Page {
  messages = new Messages(document.documentElement.lang);
  choices = choices;
  monitor = new ServerStatusMonitor();
  client = new WebRTCVideoClient(byId("webrtc-video"), () => this.monitor.camera(), mayHoldBack, firstCall);
  view = new MjpegView(byId("mjpeg-canvas"));
  way = new PictureWay(this.client, this.view, this.choices, () => this.monitor.health?.camera.state ?? "");
  #video = videoSource(byId("webrtc-video"));
  overlay = new BBoxOverlay(this.#video, byId("bbox-canvas"), (name) => this.messages.className(name));
  #holdBack = new HoldBack(this.client, this.overlay.delay, this.choices);
  recording = new RecordingControls();
  #list = new RecordingList(byId("recordings"), this.messages);
  #notice = new PictureNotice(byId("notice"), this.messages);
  #toastTimer = 0;

  start() {
    new FullscreenButton(byId("fullscreen"), byId("camera"), this.messages);
    new ChoiceMenu(byId("choices"), byId("choice-menu"), this.choices);
    new RecordingPanel(
      {
        status: byId("recording-status"),
        start: byId("start-recording"),
        stop: byId("stop-recording"),
        time: byId("recording-time"),
        frames: byId("recording-frames"),
        size: byId("recording-size"),
        file: byId("recording-file"),
      },
      this.recording,
      this.messages,
    );
    this.#wire();
    this.#open();
    this.#list.refresh();
  }

  #open() {
    this.way.start();
    this.overlay.start();
    this.#holdBack.start();
    this.monitor.start();
  }

  // On leaving: so that the streamer counts one viewer less at once, and a browser that keeps the page can.
  #close() {
    this.monitor.close();
    this.#holdBack.close();
    this.overlay.close();
    this.way.close();
    this.recording.close();
  }

  #wire() {
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => event.persisted && this.#open());
    this.way.addEventListener("statechange", () => this.#showPicture());
    this.client.addEventListener("firstframe", () => this.monitor.check()); // there is a viewer more
    this.overlay.addEventListener("statechange", () => this.#showPicture());
    this.monitor.addEventListener("change", () => this.#followServer());
    this.monitor.addEventListener("loginrequired", () => location.reload());
    this.recording.addEventListener("saved", () => this.#onSaved());
    this.recording.addEventListener("trouble", (event) => {
      this.#toast(this.messages.error(/** @type {CustomEvent} */ (event).detail));
    });
    byId("play").addEventListener("click", () => this.client.play());
  }

  #followServer() {
    const { state, health } = this.monitor;
    const cameBack = state === "connected" && byId("server-status").dataset.state === "disconnected";
    byId("server-status").dataset.state = state;
    setText(byId("server-status"), this.messages.text(`server.${state}`));
    setText(byId("camera-status"), health ? this.messages.text(`camera.${health.camera.state}`) : "");
    setText(byId("viewers"), health ? this.messages.text("viewers", { n: health.webrtc_clients }) : "");
    this.recording.follow(health?.recording);
    if (cameBack) this.client.wake();
  }

  #showPicture() {
    const { way, state, detail } = this.way;
    if (byId("camera").dataset.way !== way) this.overlay.watch(way === "mjpeg" ? this.view : this.#video);
    byId("camera").dataset.way = way;
    byId("camera").dataset.video = state;
    this.#notice.show(state, detail);
    setText(byId("live"), state === "live" ? this.messages.text("video.live") : "");
    setText(byId("way"), this.#whyMjpeg());
    setText(byId("boxes"), state === "live" ? this.#whyNoBoxes() : "");
  }

  #whyNoBoxes() {
    const { connected, refusal } = this.overlay;
    if (refusal) return this.messages.error(refusal);
    return connected ? "" : this.messages.text("boxes.lost");
  }

  #whyMjpeg() {
    const { reason } = this.way;
    const { error } = this.client.detail;
    if (reason !== "trying" || !(error instanceof ServerError)) return reason && this.messages.text(`way.${reason}`);
    return this.messages.text("way.refused", { why: this.messages.error(error) });
  }

  #onSaved() {
    this.#toast(this.messages.text("recording.saved"));
    this.#list.refresh();
  }

  /** @param {string} text said on the picture for a while */
  #toast(text) {
    clearTimeout(this.#toastTimer);
    setText(byId("toast"), text);
    this.#toastTimer = setTimeout(() => setText(byId("toast"), ""), 8000);
  }
}

export const page = new Page();
page.start();
