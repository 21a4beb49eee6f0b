import { byId } from "../lib/dom.js";
import { sitePath } from "../lib/http.js";
import { Call, receivesH264 } from "./call.js";
import { Choices } from "../lib/choices.js";
import { nextFrame, setAspect } from "../lib/frames.js";
import { setShape } from "./picture_shape.js";
import { inlinedConfig } from "./viewer_config.js";

// The page's entry. The picture goes before the buttons: to load and start the rest costs a browser about as much as the
// whole call does, so it waits for the first picture, but not longer than this where none comes.
const FIRST_PICTURE_MS = 500;
const LOOK_AGAIN_MS = 1000;

document.documentElement.dataset.started = ""; // static/live/old.js looks for it
const config = inlinedConfig();
if (config?.picture) setShape(...config.picture); // the picture's place is as large as it will be
const choices = new Choices();
/** Whether boxes are wanted on their very frames, for which these have to wait. */
const mayDelay = () => choices.get("boxes") === "exact";

/** Begun with what the page brought along; null where that was nothing, and where the browser has no WebRTC for it. */
const firstCall = config && "RTCPeerConnection" in window && receivesH264() ? new Call(config, mayDelay()) : null;

const parsed = new Promise((parsed) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", parsed, { once: true });
  else parsed(undefined);
});
const patience = new Promise((over) => setTimeout(over, FIRST_PICTURE_MS));
const picture = firstCall && show(firstCall).catch(() => {}); // whoever takes the call over meets its failure too
/** The page, once it is started. */
export const page = Promise.race([patience, picture])
  .then(() => Promise.all([import("./main.js"), parsed]))
  .then(([{ start }]) => start({ choices, mayDelay, firstCall }))
  .catch(comeAgain);

/** @param {Call} call */
async function show(call) {
  await call.answered;
  await parsed;
  const video = byId("webrtc-video");
  if (video.srcObject) return; // the patience is over, and the page has taken over
  setAspect(video, call.aspect);
  video.srcObject = call.stream;
  await nextFrame(video);
  if (video.srcObject !== call.stream) return;
  byId("camera").dataset.video = "live";
  byId("notice").dataset.state = "live";
}

/**
 * The rest of the page did not come, as the server went away meanwhile: load the page anew once it answers. To import
 * again would not do, as a browser asks only once for a module. A page that was loaded anew has to have missed the server
 * before it does so again: what fails with a server that is there would fail for ever.
 * @param {unknown} error
 */
async function comeAgain(error) {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  for (let missed = navigation?.type !== "reload"; ; missed = true) {
    const answer = await fetch(sitePath("/healthz"), { cache: "no-store" }).catch(() => null);
    if (answer?.ok && missed) return location.reload();
    if (answer?.ok) throw error;
    await new Promise((over) => setTimeout(over, LOOK_AGAIN_MS));
  }
}
