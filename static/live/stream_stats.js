/**
 * @typedef {object} Reading what a browser says of a stream that it is sent; undefined where it does not say
 * @property {number} [received] bytes
 * @property {number} [packets]
 * @property {number} [lost] packets
 * @property {number} [roundTrip] milliseconds
 * @property {string} [protocol] `udp` or `tcp`
 */

/**
 * @param {RTCStatsReport} report
 * @returns {Reading}
 */
export function readStats(report) {
  const all = /** @type {any[]} */ ([]);
  report.forEach((entry) => all.push(entry));
  const video = all.find(({ type, kind, mediaType }) => type === "inbound-rtp" && (kind ?? mediaType) === "video") ?? {};
  const pair = pairOf(all) ?? {};
  const local = all.find(({ id }) => id === pair.localCandidateId) ?? {};
  return {
    received: video.bytesReceived,
    packets: video.packetsReceived,
    lost: video.packetsLost,
    roundTrip: pair.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000,
    protocol: local.protocol,
  };
}

/** The pair of addresses over which the stream comes. @param {any[]} all */
function pairOf(all) {
  const transport = all.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId);
  if (transport) return all.find(({ id }) => id === transport.selectedCandidatePairId);
  return all.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded"); // Firefox
}

/**
 * How much more it is a second, between two readings; undefined where one of them does not say.
 * @param {number | undefined} before
 * @param {number | undefined} now
 * @param {number} seconds
 */
export function rate(before, now, seconds) {
  if (before === undefined || now === undefined || now < before || seconds <= 0) return undefined;
  return (now - before) / seconds;
}
