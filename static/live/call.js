import { postJSON, ServerError, sitePath } from "../lib/http.js";

/** @typedef {import("./viewer_config.js").ViewerConfig} ViewerConfig */

const SAME_ORIGIN_OFFER = sitePath("/api/webrtc/offer");
const DIRECT_MS = 2500; // for the streamer's own port, which a firewall may swallow without a word
const PROXY_MS = 6000;
const MAY_DELAY = "a=x-petcam-hold-back\r\n"; // a line for the streamer alone (docs/http-api.md)

/**
 * One try to be sent the live video: a peer connection, our offer, the streamer's answer. It begins when it is made.
 *
 * The server needs no candidate of ours, so nothing is gathered before the offer goes out; and the stream is there at
 * once, so that the video element can get ready while the answer is on its way.
 */
export class Call {
  /** @type {[number, number] | undefined} of a pixel, once the answer is there */
  aspect;
  /** @type {string | undefined} by which the streamer knows this viewer, then */
  id;
  #config;
  #mayDelay;
  #soundReceiver;
  #life = new AbortController();

  /**
   * @param {ViewerConfig} config
   * @param {boolean} mayDelay whether `setPlayoutDelay` is to have an effect; without it the picture is soonest
   */
  constructor(config, mayDelay) {
    this.#config = config;
    this.#mayDelay = mayDelay && canDelay();
    this.peer = new RTCPeerConnection({ iceServers: config.ice_servers, bundlePolicy: "max-bundle" });
    const transceiver = this.peer.addTransceiver("video", { direction: "recvonly" });
    preferH264(transceiver);
    this.receiver = transceiver.receiver;
    this.setPlayoutDelay(0);
    this.stream = new MediaStream([this.receiver.track]);
    this.#soundReceiver = config.sound ? this.peer.addTransceiver("audio", { direction: "recvonly" }).receiver : null;
    this.sound = this.#soundReceiver && new MediaStream([this.#soundReceiver.track]); // sent once it is asked for
    /** Settled once the answer is set; rejected with what `postJSON` throws, or what the browser says of the answer. */
    this.answered = this.#negotiate();
    this.answered.catch(() => {}); // whoever made the call may look only later
  }

  close() {
    this.#life.abort();
    this.peer.close();
  }

  /** RTP timestamp of what was played last, for browsers that say nothing of the picture they present. */
  get playedTimestamp() {
    return this.receiver.getSynchronizationSources?.()[0]?.rtpTimestamp;
  }

  /** The same of sound. */
  get heardTimestamp() {
    return this.#soundReceiver?.getSynchronizationSources?.()[0]?.rtpTimestamp;
  }

  /**
   * Have pictures wait before they are shown, by the standard's name or Chromium's older one.
   * @param {number} milliseconds
   */
  setPlayoutDelay(milliseconds) {
    delay(this.receiver, milliseconds);
  }

  /** The same of sound. @param {number} milliseconds */
  setSoundDelay(milliseconds) {
    if (this.#soundReceiver) delay(this.#soundReceiver, milliseconds);
  }

  async #negotiate() {
    const offer = await this.peer.createOffer();
    const sent = { type: offer.type, sdp: offer.sdp + (this.#mayDelay ? MAY_DELAY : "") };
    const [answer] = await Promise.all([this.#exchange(sent), this.peer.setLocalDescription(offer)]);
    this.aspect = answer.aspect;
    this.id = answer.id;
    await this.peer.setRemoteDescription(answer);
  }

  /**
   * The streamer's answer: through petcam-web, by the connection that the page came by, which from far away saves what a
   * connection and a preflight take; else straight from the streamer's port.
   * @param {RTCSessionDescriptionInit} offer
   */
  async #exchange(offer) {
    const { signaling_url: url, token } = this.#config;
    const { signal } = this.#life;
    const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
    try {
      return await postJSON(SAME_ORIGIN_OFFER, offer, { signal, headers, timeout: PROXY_MS });
    } catch (error) {
      if (error instanceof ServerError || signal.aborted || !canReach(url)) throw error;
    }
    return postJSON(url, offer, { signal, headers, timeout: DIRECT_MS });
  }
}

/**
 * @param {any} receiver
 * @param {number} milliseconds
 */
function delay(receiver, milliseconds) {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = milliseconds;
  else if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = milliseconds / 1000;
}

/** Whether this browser knows `setPlayoutDelay`. */
export function canDelay() {
  const receiver = window.RTCRtpReceiver?.prototype ?? {};
  return "jitterBufferTarget" in receiver || "playoutDelayHint" in receiver;
}

/** A page served by HTTPS may not call HTTP. @param {string} url */
function canReach(url) {
  return new URL(url, location.href).protocol === location.protocol && url !== SAME_ORIGIN_OFFER;
}

/** Whether this browser can be sent the video; one that does not say may be able to. */
export function receivesH264() {
  return receivable() === null || h264().length > 0;
}

/** Offer nothing but H.264, where the browser lets us choose. @param {RTCRtpTransceiver} transceiver */
function preferH264(transceiver) {
  const codecs = h264();
  if (codecs.length) transceiver.setCodecPreferences?.(codecs);
}

function h264() {
  return (receivable() ?? []).filter((codec) => codec.mimeType.toLowerCase() === "video/h264");
}

/** The codecs that this browser can be sent; null where it does not say. */
function receivable() {
  return window.RTCRtpReceiver?.getCapabilities?.("video")?.codecs ?? null;
}
