const PATIENCE_MS = 5000; // until it plays what there is
const LAST_SECOND = 1; // of a recording that is shorter than thought

/**
 * Play what `video` has been given, from a moment on. Of a file that grows a browser may learn only while it loads how long
 * that is: so where the moment is not there yet, it is waited for. The function returned stops that.
 *
 * @param {HTMLVideoElement} video
 * @param {number} at seconds; 0 is the beginning
 * @returns {() => void}
 */
export function playFrom(video, at) {
  const life = new AbortController();
  const play = () => void video.play().catch(() => {}); // where that is not allowed, the person presses play again
  const stop = () => life.abort();
  if (!(at > 0)) {
    play();
    return stop;
  }
  const begin = (/** @type {number} */ seconds) => {
    stop();
    video.currentTime = seconds;
    play();
  };
  const look = () => void (video.duration > at && begin(at));
  const timer = setTimeout(() => begin(Math.max(0, Math.min(at, (video.duration || 0) - LAST_SECOND))), PATIENCE_MS);
  life.signal.addEventListener("abort", () => clearTimeout(timer));
  for (const event of ["loadedmetadata", "durationchange"]) video.addEventListener(event, look, { signal: life.signal });
  for (const event of ["play", "seeking"]) video.addEventListener(event, stop, { signal: life.signal }); // somebody else did
  return stop;
}
