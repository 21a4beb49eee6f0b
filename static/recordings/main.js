import { byId, setText } from "../lib/dom.js";
import { megabytes } from "../lib/format.js";
import { DISK_NOT_MOUNTED, ServerError } from "../lib/http.js";
import { loadMessages } from "../lib/messages.js";
import { RecordingControls } from "../lib/recording_controls.js";
import { RecordingPanel } from "../lib/recording_panel.js";
import { ServerStatusMonitor } from "../lib/server_status.js";
import { Dates } from "./dates.js";
import { Days } from "./days.js";
import { Library } from "./library.js";
import { Player } from "./player.js";

const REFRESH_MS = 10_000; // what another tab, or the streamer, did

const messages = await loadMessages();

/** The page of recordings: makes the modules, and tells each what another one found out. */
class Page {
  messages = messages;
  monitor = new ServerStatusMonitor();
  recording = new RecordingControls();
  library = new Library();
  #days = new Days(byId("days"), {
    messages: this.messages,
    dates: new Dates(this.messages),
    player: new Player(),
    mayChange: document.body.dataset.mayChange === "yes",
    actions: {
      pin: (name, pinned) => this.#try(() => this.library.pin(name, pinned)),
      delete: (name) => this.#delete(name),
    },
  });
  #filename = ""; // that is being recorded
  #diskMissing = false; // when the list was last asked for
  #timer = 0;

  start() {
    const element = (/** @type {string} */ part) => byId(`recording-${part}`);
    const buttons = { start: byId("start-recording"), stop: byId("stop-recording") };
    const [status, time, frames, size, file] = ["status", "time", "frames", "size", "file"].map(element);
    new RecordingPanel({ status, time, frames, size, file, ...buttons }, this.recording, this.messages);
    this.#wire();
    this.#open();
  }

  #open() {
    this.monitor.start();
    this.#refresh();
  }

  #close() {
    clearTimeout(this.#timer);
    this.monitor.close();
    this.recording.close();
  }

  #wire() {
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => event.persisted && this.#open());
    document.addEventListener("visibilitychange", () => this.#refresh());
    this.monitor.addEventListener("change", () => this.#followServer());
    this.monitor.addEventListener("loginrequired", () => location.reload());
    this.recording.addEventListener("change", () => this.#followRecording());
    this.recording.addEventListener("trouble", (event) => this.#tell(this.messages.error(detail(event))));
    this.library.addEventListener("change", () => this.#show());
    this.library.addEventListener("trouble", (event) => this.#onTrouble(detail(event)));
    byId("more").addEventListener("click", () => this.library.more());
  }

  async #refresh() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#diskMissing = this.monitor.diskMissing;
    await this.library.refresh();
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  #followServer() {
    const { state, health } = this.monitor;
    byId("server-status").dataset.state = state;
    setText(byId("server-status"), this.messages.text(`state.server.${state}`));
    this.recording.follow(health?.recording, health?.recording_reason, health?.camera.state);
    if (health && this.#diskMissing !== this.monitor.diskMissing) this.#refresh();
  }

  // A recording that begins, ends or goes on in another file changes the list.
  #followRecording() {
    const { state, status } = this.recording;
    const filename = (state === "on" && status?.filename) || "";
    if (filename === this.#filename || state === "unknown") return;
    this.#filename = filename;
    this.#refresh();
  }

  #show() {
    const { recordings, numbers, hasMore } = this.library;
    const { total, used, free, thumbnails } = numbers;
    this.#days.show(recordings, thumbnails);
    byId("days").setAttribute("aria-busy", "false");
    byId("more").hidden = !hasMore;
    setText(byId("space"), this.messages.text("recordings.space", { n: total, used: megabytes(used), free: megabytes(free) }));
    byId("space-bar").hidden = false;
    byId("space-bar").firstElementChild.style.width = `${(100 * used) / Math.max(1, used + free)}%`;
    if (!recordings.length) this.#tell(this.messages.text("recordings.none"));
    else if (!byId("notice").dataset.passing) this.#tell("");
  }

  /** @param {unknown} error */
  #onTrouble(error) {
    if (error instanceof ServerError && error.status === 401) location.reload();
    else if (error instanceof ServerError && error.phrase === DISK_NOT_MOUNTED) this.#showNone();
    else this.#tell(this.messages.text("recordings.failed"));
  }

  // What the folder and the disk hold while the recordings' own is missing says nothing of them.
  #showNone() {
    this.#days.show([], false);
    byId("days").setAttribute("aria-busy", "false");
    byId("more").hidden = true;
    setText(byId("space"), "");
    byId("space-bar").hidden = true;
    this.#tell(this.messages.text("recordings.missing"));
  }

  /** @param {string} name */
  async #delete(name) {
    if (await this.#try(() => this.library.delete(name))) this.#tell(this.messages.text("recordings.deleted"), true);
  }

  /** @param {() => Promise<void>} action whose failure is said */
  async #try(action) {
    try {
      await action();
      return true;
    } catch (error) {
      const status = error instanceof ServerError ? error.status : 0;
      const known = status === 404 ? this.messages.text("recordings.gone") : status === 409 ? this.messages.text("recordings.held") : "";
      this.#tell(known || this.messages.error(error), true);
      return false;
    }
  }

  /**
   * @param {string} text
   * @param {boolean} [passing] it stays for a while, and then goes by itself
   */
  #tell(text, passing = false) {
    const notice = byId("notice");
    setText(notice, text);
    notice.dataset.passing = passing ? "yes" : "";
    if (passing) setTimeout(() => notice.textContent === text && ((notice.dataset.passing = ""), this.#show()), 8000);
  }
}

/** @param {Event} event */
function detail(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

export const page = new Page();
page.start();
