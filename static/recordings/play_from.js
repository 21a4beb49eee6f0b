const PATIENCE_MS = 5000; // until it plays what there is
const LAST_SECOND = 1; // of a recording that is shorter than thought
const NEAR = 0.1; // seconds

/**
 * Play what `video` has just been given, from a moment on. Of a file that grows a browser may learn only while it loads how
 * long that is: so where the moment is not there yet, it is waited for. The function returned stops that.
 *
 * @param {HTMLVideoElement} video
 * @param {number} at seconds; 0 is the beginning
 * @param {boolean} isGrowing
 * @returns {() => void}
 */
export function playFrom(video, at, isGrowing) {
  const life = new AbortController();
  const play = () => void video.play().catch(() => {}); // where that is not allowed, the person presses play again
  const begin = () => {
    const { currentTime, duration } = video;
    const place = at < duration ? at : Math.max(0, (duration || 0) - LAST_SECOND);
    life.abort();
    if (Math.abs(currentTime - place) > NEAR) video.currentTime = place;
    play(); // again: it may have come to an end that was none
  };
  if (at > 0) {
    const look = () => void ((video.duration > at || !isGrowing) && begin());
    const timer = setTimeout(begin, PATIENCE_MS);
    life.signal.addEventListener("abort", () => clearTimeout(timer));
    for (const event of ["loadedmetadata", "durationchange"]) video.addEventListener(event, look, { signal: life.signal });
    video.currentTime = at; // which most browsers keep until they know what there is
  }
  play();
  return () => life.abort();
}
