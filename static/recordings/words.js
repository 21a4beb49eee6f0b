import { Messages } from "../lib/messages.js";

const JA = {
  today: "今日",
  yesterday: "昨日",
  space: "{n} 件・使用 {used}・空き {free}",
  none: "まだ録画はありません。録画すると、ここに並びます。",
  failed: "録画の一覧を読み込めません。自動で読み込み直します。",
  play: "{when} の録画を再生",
  close: "{when} の録画を閉じる",
  broken: "この録画は再生できません。",
  keep: "{when} の録画をダウンロード",
  pin: "{when} の録画を保護（自動で削除されなくなります）",
  pinned: "保護中",
  delete: "{when} の録画を削除",
  sure: "この録画を削除しますか？",
  yes: "削除する",
  no: "やめる",
  deleted: "録画を削除しました。",
  gone: "この録画はもうありません。",
  held: "保護されている録画、または録画中のものは削除できません。",
  recording: "● 録画中",
  unfinished: "復旧待ち",
};

/** @type {Record<keyof typeof JA, string>} */
const EN = {
  today: "Today",
  yesterday: "Yesterday",
  space: "{n} saved · {used} used · {free} free",
  none: "No recordings yet. What you record appears here.",
  failed: "The recordings cannot be loaded. Trying again by itself.",
  play: "Play the recording of {when}",
  close: "Close the recording of {when}",
  broken: "This recording cannot be played.",
  keep: "Download the recording of {when}",
  pin: "Keep the recording of {when}: it is never deleted to make room",
  pinned: "Kept",
  delete: "Delete the recording of {when}",
  sure: "Delete this recording?",
  yes: "Delete",
  no: "Cancel",
  deleted: "The recording was deleted.",
  gone: "This recording is no longer there.",
  held: "A recording that is kept, or still being recorded, cannot be deleted.",
  recording: "● Recording",
  unfinished: "To be recovered",
};

/** What the page of recordings says beside what the live page says too. */
export class RecordingWords extends Messages {
  #table;
  #time;
  #day;

  /** @param {string} language */
  constructor(language) {
    super(language);
    this.#table = this.language === "ja" ? JA : EN;
    this.#time = new Intl.DateTimeFormat(this.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.#day = new Intl.DateTimeFormat(this.language, { year: "numeric", month: "long", day: "numeric", weekday: "short" });
  }

  /**
   * @param {keyof typeof JA} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values = {}) {
    return this.fill(this.#table[key], values);
  }

  /** @param {Date} date */
  time(date) {
    return this.#time.format(date);
  }

  /** @param {Date} date its day, as a heading */
  day(date) {
    const names = /** @type {const} */ (["today", "yesterday"]);
    const now = new Date();
    const ago = names.findIndex((_, days) => isDay(date, new Date(now.getFullYear(), now.getMonth(), now.getDate() - days)));
    const full = this.#day.format(date);
    return ago < 0 ? full : `${this.say(names[ago])} · ${full}`;
  }
}

/**
 * @param {Date} a
 * @param {Date} b
 */
export function isDay(a, b) {
  return a.toDateString() === b.toDateString();
}
