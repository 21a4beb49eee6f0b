import { ServerError } from "./http.js";

const JA = {
  "server.checking": "接続を確認中",
  "server.connected": "接続中",
  "server.disconnected": "切断",
  "camera.waiting": "カメラ待ち",
  "camera.live": "カメラ動作中",
  "camera.silent": "カメラ停止中",
  "camera.error": "カメラ異常",
  viewers: "視聴 {n} 人",
  "video.connecting": "映像に接続しています",
  "video.live": "ライブ",
  "video.waiting": "カメラからまだ映像が届いていません",
  "video.silent": "カメラの映像が止まっています",
  "video.error": "カメラの映像を読み取れません",
  "video.reconnecting": "映像が途切れました",
  "video.unreachable": "映像を受け取れません",
  "video.blocked": "タップすると再生します",
  "hint.waiting": "届きしだい、自動で表示します。",
  "hint.error": "直りしだい、自動で表示します。",
  "hint.reconnecting": "自動でつなぎ直します。",
  "hint.unreachable": "カメラの電源とネットワークを確認してください。つながりしだい、自動で表示します。",
  "hint.seconds": "次の接続まで {n} 秒",
  "way.chosen": "MJPEG",
  "way.trying": "簡易映像：WebRTC に接続しています",
  "way.unsupported": "簡易映像：このブラウザーは WebRTC に対応していません",
  "way.refused": "簡易映像：{why}",
  "recording.checking": "録画を確認中",
  "recording.on": "● 録画中",
  "recording.off": "○ 停止中",
  "recording.unknown": "録画の状態は不明",
  "recording.missing": "録画できません",
  "recording.needs": "ストリーマーが必要です（webrtc.backend: go）。",
  "recording.idle": "ボタンを押すと録画します。",
  "recording.saved": "録画を保存しました",
  frames: "{n} フレーム",
  "fullscreen.on": "全画面表示",
  "fullscreen.off": "全画面表示を終了",
  "boxes.lost": "検出枠に接続しています",
  "recordings.none": "まだ録画はありません。",
  "recordings.failed": "録画の一覧を読み込めません。",
  "recordings.growing": "録画中",
  download: "{name} をダウンロード",
  "error.network": "カメラに接続できません。ネットワークを確認してください。",
};

/** @type {Record<keyof typeof JA, string>} */
const EN = {
  "server.checking": "Connecting",
  "server.connected": "Connected",
  "server.disconnected": "Disconnected",
  "camera.waiting": "No camera yet",
  "camera.live": "Camera on",
  "camera.silent": "Camera silent",
  "camera.error": "Camera fault",
  viewers: "{n} watching",
  "video.connecting": "Connecting to the picture",
  "video.live": "Live",
  "video.waiting": "The camera is not sending yet",
  "video.silent": "The camera has stopped sending",
  "video.error": "The camera’s picture cannot be read",
  "video.reconnecting": "The picture was lost",
  "video.unreachable": "The picture cannot be reached",
  "video.blocked": "Tap to play",
  "hint.waiting": "The picture comes by itself.",
  "hint.error": "The picture comes by itself once this is put right.",
  "hint.reconnecting": "Reconnecting by itself.",
  "hint.unreachable": "Check the camera’s power and network. The picture comes back by itself.",
  "hint.seconds": "Next try in {n} s",
  "way.chosen": "MJPEG",
  "way.trying": "Basic picture: connecting to WebRTC",
  "way.unsupported": "Basic picture: this browser has no WebRTC",
  "way.refused": "Basic picture: {why}",
  "recording.checking": "Checking recording",
  "recording.on": "● Recording",
  "recording.off": "○ Stopped",
  "recording.unknown": "Recording state unknown",
  "recording.missing": "Recording is off",
  "recording.needs": "Needs the streamer (webrtc.backend: go).",
  "recording.idle": "Press to record what you see.",
  "recording.saved": "Recording saved",
  frames: "{n} frames",
  "fullscreen.on": "Full screen",
  "fullscreen.off": "Leave full screen",
  "boxes.lost": "Connecting to the detector",
  "recordings.none": "No recordings yet.",
  "recordings.failed": "The list of recordings cannot be loaded.",
  "recordings.growing": "recording",
  download: "Download {name}",
  "error.network": "The camera cannot be reached. Check the network.",
};

/** The fixed `error` phrases of docs/http-api.md that a person can meet on this page: Japanese, English. */
const ERRORS = /** @type {Record<string, [string, string]>} */ ({
  "Already recording": ["すでに録画しています。", "A recording is already running."],
  "Not recording": ["録画していません。", "Nothing is being recorded."],
  "No video": ["カメラの映像がないため、録画できません。", "There is no picture to record."],
  "Recording failed": ["録画できません。空き容量を確認してください。", "Cannot record. Check the free space."],
  "Disk full": ["ディスクがいっぱいです。録画を削除するか、大きいディスクに替えてください。", "The disk is full. Delete recordings, or use a larger disk."],
  "Limit reached": ["録画の上限に達し、削除できる録画がありません。", "Recordings have reached their limit, and none may be deleted."],
  "Space low": ["空き容量が足りず、削除できる録画がありません。", "Too little space is free, and no recording may be deleted."],
  "File too large": ["ファイルが大きくなりすぎました。", "The file reached the largest size that is allowed."],
  "Disk read-only": ["ディスクが書き込み禁止になっています。", "The disk is read-only."],
  "Not permitted": ["録画フォルダーに書き込む権限がありません。", "The recordings’ folder may not be written to."],
  "Directory removed": ["録画フォルダー、または録画中のファイルが削除されました。", "The recordings’ folder, or the file being recorded, was removed."],
  "Not a directory": ["録画フォルダーの設定が正しくありません。", "recording.directory is not a folder."],
  "Disk fault": ["ディスクに異常があります。", "The disk has a fault."],
  "Camera unreadable": ["カメラの映像を読み取れません。", "The camera’s picture cannot be read."],
  "Too many viewers": ["視聴者が上限に達しています。", "Too many people are watching."],
  "Too many clients": ["同時に開ける画面の数の上限に達しています。", "Too many pages are open at once."],
  "Not supported here": ["MJPEG には PyAV（python3-av）が必要です。", "MJPEG needs PyAV (python3-av)."],
  "Go server unavailable": ["ストリーミングサーバーに接続できません。", "The streaming server is not running."],
  "Go server timeout": ["ストリーミングサーバーが応答しません。", "The streaming server does not answer."],
  "Proxy error": ["ストリーミングサーバーの応答が正しくありません。", "The streaming server’s answer makes no sense."],
  "Login required": ["ログインし直してください。", "Please log in again."],
  Forbidden: ["この操作は許可されていません。", "This is not allowed."],
  "Internal error": ["サーバーで問題が起きました。", "Something went wrong in the server."],
});

/** Classes that detectors commonly give, in Japanese. */
const CLASSES = /** @type {Record<string, string>} */ ({ cat: "猫", dog: "犬", bird: "鳥", person: "人" });

/** @typedef {keyof typeof JA} MessageKey */

/** What the page says, in one of its two languages. */
export class Messages {
  #japanese;
  #table;
  #number;

  /** @param {string} language `ja`, or any other for English */
  constructor(language) {
    this.#japanese = language === "ja";
    this.#table = this.#japanese ? JA : EN;
    this.language = this.#japanese ? "ja" : "en";
    this.#number = new Intl.NumberFormat(this.language);
  }

  /**
   * @param {MessageKey} key
   * @param {Record<string, string | number>} [values] for the `{name}` places in the text
   */
  text(key, values = {}) {
    return this.fill(this.#table[key], values);
  }

  /**
   * @param {string} text
   * @param {Record<string, string | number>} values for the `{name}` places in it
   */
  fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => this.#show(values[name]));
  }

  /** @param {unknown} error */
  error(error) {
    if (!(error instanceof ServerError)) return this.text("error.network");
    return (ERRORS[error.reason] ?? ERRORS[error.phrase])?.[this.#japanese ? 0 : 1] ?? error.message;
  }

  /** @param {string} name as the detector gives it */
  className(name) {
    return (this.#japanese && CLASSES[name]) || name;
  }

  /** @param {string | number} value */
  #show(value) {
    return typeof value === "number" ? this.#number.format(value) : value;
  }
}
