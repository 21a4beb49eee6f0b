import { byId, setText } from "../lib/dom.js";
import { megabytes } from "../lib/format.js";
import { DISK_NOT_MOUNTED, ServerError } from "../lib/http.js";
import { loadMessages } from "../lib/messages.js";
import { Microphone } from "../lib/microphone.js";
import { RecordingControls } from "../lib/recording_controls.js";
import { RecordingPanel } from "../lib/recording_panel.js";
import { ServerStatusMonitor } from "../lib/server_status.js";
import { Dates } from "./dates.js";
import { Days } from "./days.js";
import { areSame, Library } from "./library.js";
import { Removal } from "./removal.js";
import { Thumbnails } from "./thumbnails.js";
import { Toast } from "./toast.js";

/** @typedef {import("./calendar.js").Calendar} Calendar */
/** @typedef {import("./library.js").Failure} Failure */
/** @typedef {import("./library.js").Filter} Filter */
/** @typedef {import("./library.js").Recording} Recording */
/** @typedef {import("./player.js").Player} Player */
/** @typedef {import("./selection.js").Selection} Selection */

const REFRESH_MS = 10_000; // what another tab, or the streamer, did
const GONE_SECONDS = 20; // for who comes by a link, and looks at the list first
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

const messages = await loadMessages();

/** The page of recordings: makes the modules, and tells each what another one found out. */
class Page {
  messages = messages;
  monitor = new ServerStatusMonitor();
  recording = new RecordingControls();
  library = new Library();
  dates = new Dates(messages);
  thumbnails = new Thumbnails();
  mayChange = document.body.dataset.mayChange === "yes";
  #toast = new Toast(byId("toast"));
  #microphone = new Microphone(
    byId("microphone"),
    messages,
    (error) => this.#toast.say(messages.error(error)),
    () => this.monitor.check(),
  );
  #removal = new Removal(this.library, messages, this.#toast, {
    failed: (failures) => this.#tellFailures(failures),
    broken: (error) => this.#toast.say(messages.error(error)),
    undone: ([recording]) => this.#days.focus(recording),
  });
  #days = new Days(byId("days"), {
    messages,
    dates: this.dates,
    library: this.library,
    thumbnails: this.thumbnails,
    isChosen: (recording) => (this.#isChoosing ? (this.#selection?.has(recording) ?? false) : null),
    pick: (day) => this.#selection?.toggleDay(day),
  });
  /** @type {Player | null} made at its first use, like the two below */
  #player = null;
  /** @type {Selection | null} */
  #selection = null;
  /** @type {Calendar | null} */
  #calendar = null;
  #isChoosing = false;
  #filename = ""; // that is being recorded
  #diskMissing = false; // when the list was last asked for
  #timer = 0;

  start() {
    const element = (/** @type {string} */ part) => byId(`recording-${part}`);
    const buttons = { start: byId("start-recording"), stop: byId("stop-recording") };
    const [status, time, frames, size, file] = ["status", "time", "frames", "size", "file"].map(element);
    new RecordingPanel({ status, time, frames, size, file, ...buttons }, this.recording, this.messages);
    this.#wire();
    this.#wireTools();
    this.#open();
  }

  #open() {
    this.monitor.start();
    this.#refresh().then(() => this.#followAddress());
  }

  #close() {
    this.#removal.leave();
    clearTimeout(this.#timer);
    this.monitor.close();
    this.recording.close();
  }

  #wire() {
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => event.persisted && this.#open());
    window.addEventListener("popstate", () => this.#followAddress());
    document.addEventListener("visibilitychange", () => this.#followVisibility());
    this.monitor.addEventListener("change", () => this.#followServer());
    this.monitor.addEventListener("loginrequired", () => location.reload());
    this.recording.addEventListener("change", () => this.#followRecording());
    this.recording.addEventListener("trouble", (event) => this.#toast.say(this.messages.error(detail(event))));
    this.library.addEventListener("change", () => this.#show());
    this.library.addEventListener("trouble", (event) => this.#onTrouble(detail(event)));
  }

  #wireTools() {
    byId("days").addEventListener("click", (/** @type {MouseEvent} */ event) => this.#onPress(event));
    document.addEventListener("keydown", (event) => this.#onKey(event), true);
    byId("calendar").addEventListener("click", () => this.#toggleCalendar());
    byId("filter").addEventListener("change", () => this.library.setFilter(byId("filter").value));
    byId("choose").addEventListener("click", () => this.#choose());
  }

  async #refresh() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#diskMissing = this.monitor.diskMissing;
    await this.library.refresh();
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  #followVisibility() {
    if (document.hidden) this.#removal.leave(); // a phone ends a page that is out of sight without telling it
    this.#refresh();
  }

  #followServer() {
    const { state, health } = this.monitor;
    byId("server-status").dataset.state = state;
    setText(byId("server-status"), this.messages.text(`state.server.${state}`));
    this.recording.follow(health?.recording, health?.recording_reason, health?.camera.state, health?.by_itself);
    this.#microphone.follow(health?.sound, health?.camera_switch);
    if (health && this.#diskMissing !== this.monitor.diskMissing) this.#refresh();
  }

  // A recording that begins, ends or goes on in another file changes the list.
  #followRecording() {
    const { state, status } = this.recording;
    byId("current").hidden = !this.mayChange && state !== "on";
    const filename = (state === "on" && status?.filename) || "";
    if (filename === this.#filename || state === "unknown") return;
    this.#filename = filename;
    this.#refresh();
  }

  #show() {
    const { days, numbers, filter } = this.library;
    const { total, used, free, thumbnails, today } = numbers;
    this.dates.today = today;
    this.thumbnails.fromServer = thumbnails;
    this.#days.show();
    this.#selection?.follow();
    this.#player?.show(this.library.rows(this.#player.recording?.day ?? "")?.find(({ name }) => areSame(name, this.#player?.recording?.name)));
    if (this.#calendar?.isOpen) this.#calendar.follow(days);
    if (!days.length || this.library.rows(days[0].day)) byId("days").setAttribute("aria-busy", "false"); // the shape is known
    byId("tools").hidden = !total;
    setText(byId("space"), this.messages.text("recordings.space", { n: total, used: megabytes(used), free: megabytes(free) }));
    byId("space-bar").hidden = false;
    byId("space-bar").firstElementChild.style.width = `${(100 * used) / Math.max(1, used + free)}%`;
    setText(byId("notice"), days.length ? "" : this.messages.text(filter && total ? "recordings.none.such" : "recordings.none"));
  }

  /** @param {unknown} error */
  #onTrouble(error) {
    if (error instanceof ServerError && error.status === 401) location.reload();
    else if (error instanceof ServerError && error.phrase === DISK_NOT_MOUNTED) this.#showNone();
    else setText(byId("notice"), this.messages.text("recordings.failed"));
  }

  // What the folder and the disk hold while the recordings' own is missing says nothing of them.
  #showNone() {
    this.library.forgetAll();
    this.#days.show();
    byId("days").setAttribute("aria-busy", "false");
    byId("tools").hidden = true;
    setText(byId("space"), "");
    byId("space-bar").hidden = true;
    setText(byId("notice"), this.messages.text("recordings.missing"));
  }

  /** @param {MouseEvent} event */
  #onPress(event) {
    const card = event.target instanceof Element ? this.#days.cardOf(event.target) : null;
    if (!card || event.ctrlKey || event.metaKey) return; // a new tab
    event.preventDefault();
    if (this.#isChoosing) this.#choose(card.recording, event.shiftKey);
    else this.#play(card.recording);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, target } = event;
    if (target instanceof HTMLElement && target.matches("input, select, textarea")) return key === "Escape" ? this.#calendar?.close() : undefined;
    if (event.altKey || ((event.ctrlKey || event.metaKey) && key !== "z")) return;
    const isDone = this.#player?.recording ? this.#player.onKey(event) : this.#actOnKey(event);
    if (isDone) event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  #actOnKey({ key, target, shiftKey }) {
    if (key === "z") return this.#removal.undo(), true;
    if (key === "c") return this.#toggleCalendar(), true;
    if (key === "Escape") return this.#leaveOne();
    const card = this.#days.cardOf(/** @type {Node} */ (target));
    if (!card) return false;
    const { recording } = card;
    if (ARROWS.includes(key)) this.#days.move(/** @type {Parameters<Days["move"]>[0]} */ (key));
    else if (key === "x" || key === "X") this.#choose(recording, shiftKey);
    else if (key === " ") this.#isChoosing ? this.#choose(recording, shiftKey) : this.#play(recording);
    else if (key === "d" && recording.state === "complete") location.assign(`${card.link.href}?download`);
    else if (key === "s" && this.mayChange) this.pin([recording], !recording.pinned);
    else if ((key === "Delete" || key === "Backspace") && this.mayChange) this.#deleteOne(recording);
    else return false;
    return true;
  }

  #leaveOne() {
    if (this.#calendar?.isOpen) return this.#calendar.close(), true;
    if (this.#isChoosing) return this.#selection?.close(), true;
    return false;
  }

  /** @param {Recording} recording */
  #deleteOne(recording) {
    if (this.#isChoosing && this.#selection?.all.length) this.#selection.delete();
    else if (recording.pinned || recording.state !== "complete") this.#toast.say(this.messages.text("recordings.held"));
    else this.delete([recording]);
  }

  /**
   * @param {Recording} recording
   * @param {boolean} [isNew] the address is to say it
   * @param {number} [at] seconds from its beginning
   */
  async #play(recording, isNew = true, at = 0) {
    const { Player } = await import("./player.js");
    this.#player ??= new Player({
      messages: this.messages,
      dates: this.dates,
      library: this.library,
      mayChange: this.mayChange,
      actions: {
        pin: (one, pinned) => this.pin([one], pinned),
        delete: async (one) => this.#removal.announce([one]),
        opened: (one, at) => history.replaceState(history.state, "", `#${one.name}${at ? `&at=${at}` : ""}`),
        closed: (one) => this.#onClosed(one),
      },
    });
    if (isNew) history.pushState("player", "");
    this.#player.open(recording, at);
  }

  // So that the phone's own way back closes the player, and leaves the page only then.
  /** @param {Recording} recording */
  async #onClosed(recording) {
    if (history.state === "player") history.back();
    else if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    if (!(await this.#days.focus(recording))) byId("choose").focus();
  }

  async #followAddress() {
    const { name, at } = readAddress(location.hash);
    if (!name) return this.#player?.close();
    if (areSame(name, this.#player?.recording?.name) && !at) return;
    const recording = await this.library.find(name);
    if (recording) this.#play(recording, false, at);
    else if (recording === null) this.#sayGone();
  }

  // What is named by the address; a list that cannot be had says so by itself.
  #sayGone() {
    history.replaceState(null, "", location.pathname + location.search);
    this.#toast.say(this.messages.text("recordings.gone"), { seconds: GONE_SECONDS });
  }

  async #toggleCalendar() {
    if (this.#calendar?.isOpen) return this.#calendar.close();
    const { Calendar } = await import("./calendar.js");
    this.#calendar ??= new Calendar(byId("calendar"), this, (day) => this.#days.jump(day));
    const { days } = this.library;
    if (days.length) this.#calendar.open(days, this.#days.seen || days[0].day);
  }

  /**
   * Begin to choose, with one where there is one.
   * @param {Recording} [recording]
   * @param {boolean} [upToHere]
   */
  async #choose(recording, upToHere = false) {
    const Selection = await this.#loadSelection();
    this.#selection ??= this.#makeSelection(Selection);
    this.#showChoosing(true);
    if (recording) await this.#selection.toggle(recording, upToHere);
    else byId("chosen-done").focus();
  }

  /** A press on a card chooses it from now on, also before this has come. */
  async #loadSelection() {
    this.#isChoosing = true;
    try {
      return (await import("./selection.js")).Selection;
    } catch (error) {
      this.#isChoosing = false;
      throw error;
    }
  }

  /** @param {typeof import("./selection.js").Selection} Made */
  #makeSelection(Made) {
    const selection = new Made(this.messages, this.library, {
      pin: (recordings, pinned) => this.pin(recordings, pinned),
      delete: (recordings) => this.delete(recordings),
      say: (text) => this.#toast.say(text),
    });
    selection.addEventListener("change", () => this.#days.showChoice(this.#isChoosing));
    selection.addEventListener("end", () => this.#endChoosing());
    return selection;
  }

  #endChoosing() {
    const hadFocus = byId("chosen").contains(document.activeElement);
    this.#showChoosing(false);
    if (hadFocus) (this.#days.current?.link ?? byId("choose")).focus();
  }

  /** @param {boolean} isChoosing */
  #showChoosing(isChoosing) {
    this.#isChoosing = isChoosing;
    byId("find").hidden = isChoosing;
    byId("chosen").hidden = !isChoosing;
    this.#days.showChoice(isChoosing);
  }

  /**
   * @param {Recording[]} recordings
   * @param {boolean} pinned
   */
  async pin(recordings, pinned) {
    try {
      const failed = await this.library.pin(recordings, pinned);
      if (failed.length) this.#tellFailures(failed);
      else this.#toast.say(this.messages.text(pinned ? "recordings.kept" : "recordings.freed", { n: recordings.length }));
    } catch (error) {
      this.#toast.say(this.messages.error(error));
    }
  }

  /** After which the focus is on the card behind the first of them. @param {Recording[]} recordings */
  async delete(recordings) {
    const gone = new Set(recordings.map(({ name }) => name));
    const next = (await this.#beside(recordings[0], 1, gone)) ?? (await this.#beside(recordings[0], -1, gone));
    this.#removal.announce(recordings);
    if (next) await this.#days.focus(next);
    else byId("choose").focus();
  }

  /**
   * @param {Recording} recording
   * @param {1 | -1} step
   * @param {Set<string>} gone
   */
  async #beside(recording, step, gone) {
    /** @type {Recording | null} */
    let at = recording;
    while (at && gone.has(at.name)) at = await this.library.neighbour(at, step);
    return at;
  }

  /** @param {Failure[]} failures */
  #tellFailures(failures) {
    const [{ error, message }] = failures;
    const known = error === "Not found" ? this.messages.text("recordings.gone") : error === "Conflict" ? this.messages.text("recordings.held") : "";
    const why = known || this.messages.error(new ServerError(0, error, message));
    this.#toast.say(failures.length > 1 ? this.messages.text("recordings.not_all", { n: failures.length, why }) : why);
  }
}

/**
 * What is to be played, `#NAME` or `#NAME&at=SECONDS`; the name is empty where nothing is.
 * @param {string} hash
 */
function readAddress(hash) {
  const [name, ...parts] = decodeURIComponent(hash.slice(1)).split("&");
  const at = Number(parts.find((part) => part.startsWith("at="))?.slice(3));
  return { name, at: at > 0 && at < Infinity ? at : 0 };
}

/** @param {Event} event */
function detail(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

export const page = new Page();
page.start();
