const INSIDE = "picture-in-picture";

/**
 * How this browser shows a picture in a small window above all others: a `document` may have the boxes as well, the
 * `video` alone is shown by a way that most have, or by Safari's (`webkit`); null where there is none.
 * @param {HTMLVideoElement} video
 * @returns {"document" | "video" | "webkit" | null}
 */
export function smallWindow(video) {
  if ("documentPictureInPicture" in window) return "document";
  if (document.pictureInPictureEnabled && "requestPictureInPicture" in video) return "video";
  return /** @type {any} */ (video).webkitSupportsPresentationMode?.(INSIDE) ? "webkit" : null;
}

/** Whether it is open. @param {HTMLVideoElement} video */
export function isSmall(video) {
  const opened = /** @type {any} */ (window).documentPictureInPicture?.window ?? document.pictureInPictureElement ?? null;
  return opened !== null || /** @type {any} */ (video).webkitPresentationMode === INSIDE;
}
