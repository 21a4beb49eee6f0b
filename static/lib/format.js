/** @param {number} bytes */
export function megabytes(bytes) {
  return bytes < 999.5e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(bytes < 1e11 ? 1 : 0)} GB`;
}

/** Minutes and seconds, hours where there are any. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * Writes dates as `Intl` does, Japanese with full-width brackets as in all its texts.
 * @param {string} language
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {(date: Date) => string}
 */
export function dateFormat(language, options) {
  const format = new Intl.DateTimeFormat(language, options);
  if (!/^ja\b/.test(format.resolvedOptions().locale)) return (date) => format.format(date);
  return (date) => format.format(date).replace(/ ?\((.+?)\) ?/g, "（$1）");
}
