"""Why a source failed, in words with the remedy, from the numbers that FFmpeg gives. Nothing of the URL is in them.

FFmpeg's numbers are coarse: a camera that hangs and one that speaks no RTSP are both "Invalid data found". So how long
it took counts, too, and the number of RTSP's status and the kind of trouble in its last line of log.
"""

import errno
import re
from dataclasses import dataclass
from typing import Any

PUT_PASSWORD = "write them into camera.source as rtsp://USER:PASSWORD@HOST/PATH, with @ as %40, / as %2F"
LOOK_AT_CAMERA = "is it on, in this network, and its address right?"
OTHER_PATH = "look its path up in the camera's manual or its ONVIF settings"
FEWER = "close its app and other programs that watch it, or take its second stream"
RESTART_CAMERA = "switch it off and on again, and look for newer firmware"
RECODE = "make it anew: ffmpeg -i FILE -c:v libx264 -bf 0 NEW.mp4"


def _tag(text: bytes) -> int:
    """FFmpeg's own errors are four letters as a number."""
    return int.from_bytes(text, "little")


INVALID_DATA, EXIT, END = _tag(b"INDA"), _tag(b"EXIT"), _tag(b"EOF ")
_HTTP_NUMBERS = {_tag(b"\xf8" + number): int(number) for number in (b"400", b"401", b"403", b"404", b"429")}
_SERVER_ERROR = _tag(b"\xf85XX")

# By the status that a camera answers with (RFC 2326, 7.1.1).
STATUSES = {
    400: f"does not understand the request (400): {OTHER_PATH}",
    401: f"refuses the user or the password (401): {PUT_PASSWORD}",
    403: "refuses access (403): allow RTSP (and this user) in the camera's settings",
    404: f"has no stream at this path (404): {OTHER_PATH}",
    429: f"was asked too often (429): {FEWER}",
    453: f"serves no further viewer (453): {FEWER}",
    454: f"has forgotten the connection (454): {RESTART_CAMERA}",
    461: "sends neither by TCP nor by UDP (461): allow RTP over TCP (or unicast UDP) in the camera's settings",
    500: f"has an error of its own (500): {RESTART_CAMERA}",
    503: f"is too busy (503): {FEWER}",
}
# By errno, of a camera that is reached by network.
NETWORK = {
    errno.ECONNREFUSED: "refuses the connection: switch RTSP on in the camera's settings, and look which port it has "
    "there (usually 554)",
    errno.EHOSTUNREACH: f"cannot be reached, there is no such device here: {LOOK_AT_CAMERA}",
    errno.ENETUNREACH: "cannot be reached, this machine has no network to it: look at its cable or Wi-Fi",
    errno.ECONNRESET: f"broke the connection off: {RESTART_CAMERA}",
    errno.ECONNABORTED: f"broke the connection off: {RESTART_CAMERA}",
    errno.EPIPE: f"broke the connection off: {RESTART_CAMERA}",
    errno.ETIMEDOUT: f"does not answer: {LOOK_AT_CAMERA}",
    errno.EPROTONOSUPPORT: STATUSES[461],
    errno.EIO: f"broke the connection off: {LOOK_AT_CAMERA}",
    errno.EPERM: "does not play, or is outside of the home network: petcam-feed.service connects to nothing there",
    INVALID_DATA: f"gives no stream that can be understood: is its port RTSP's (usually 554)? If so, {OTHER_PATH}",
    END: "has ended the connection: it may have restarted, or serves no further viewer",
}
NO_NAME = "its name is not known in this network: write its IP address, or look at the name and this machine's DNS"
NO_TLS = "does not speak TLS as this machine does: try rtsp:// instead of rtsps://, at its usual port (554)"
# Of a camera that is a device of this machine.
DEVICE = {
    errno.ENOENT: "is not there: plug the camera in; petcam sources lists those that are",
    errno.ENODEV: "is gone: plug the camera in again, in another socket or with a shorter cable",
    errno.ENXIO: "is gone: plug the camera in again, in another socket or with a shorter cable",
    errno.EIO: "the camera does not answer: plug it in again, in another socket or with a shorter cable",
    errno.EPROTO: "the camera does not answer: plug it in again, in another socket or with a shorter cable",
    errno.EBUSY: "is in use by another program: end that one",
    errno.EACCES: "may not be opened: the user has to be in the group video",
    errno.EPERM: "may not be opened: the user has to be in the group video",
    errno.EINVAL: "gives no picture of this size and rate: petcam sources lists what it offers, and other cameras",
    INVALID_DATA: "gives nothing that is a picture: petcam sources lists cameras",
    errno.ENOTTY: "is no camera: petcam sources lists those that are",
    errno.ENOSPC: "has no room on its USB bus: plug it into another socket, without another camera beside it",
    errno.ENOMEM: "there is no memory left for its pictures: end other programs",
}
FILE = {
    errno.ENOENT: "is not there: look at its name",
    errno.EACCES: "may not be read: its mode has to let this user in",
    errno.EISDIR: "is a folder: name a video in it",
    errno.EIO: "cannot be read: look at its disk",
    INVALID_DATA: f"is no video, or is damaged: {RECODE}",
    END: f"ends too early: {RECODE}",
}


@dataclass(frozen=True)
class Circumstances:
    """Of a failure: ``timeout`` is how many seconds FFmpeg was to wait, 0 where it waits for ever."""

    url: str
    has_begun: bool  # whether the source was open already
    seconds: float  # since then, or since the beginning
    timeout: float = 0.0

    @property
    def is_network(self) -> bool:
        return "://" in self.url

    @property
    def is_device(self) -> bool:
        return self.url.startswith("/dev/")


def in_words(error: Any, when: Circumstances) -> str:
    """What an ``av.error.FFmpegError`` means, and what to do; to be read behind the source's name and a colon."""
    number = error.errno or 0
    if when.timeout and (number == EXIT or _came_of_waiting(number, when)):
        return _nothing_came(when)
    if when.is_network:
        words = _of_network(number, error, when)
    else:
        words = (DEVICE if when.is_device else FILE).get(number)
    return words or f"FFmpeg says: {error.strerror or type(error).__name__}"


def _came_of_waiting(number: int, when: Circumstances) -> bool:
    """FFmpeg calls it damage or an I/O error where its answer did not come while connecting."""
    return number in (INVALID_DATA, errno.EIO) and not when.has_begun and when.seconds > 0.9 * when.timeout


def _nothing_came(when: Circumstances) -> str:
    if not when.is_network:
        return f"no picture came for {when.timeout:g} s: plug the camera in again, or end what else uses it"
    if not when.has_begun:
        return f"does not answer within {when.timeout:g} s: {LOOK_AT_CAMERA}"
    return f"no picture came for {when.timeout:g} s: look at its power, its cable or Wi-Fi, or {RESTART_CAMERA}"


def _of_network(number: int, error: Any, when: Circumstances) -> str | None:
    part, line = _log(error)
    status = re.match(r"method [A-Z_]+ failed: ([3-5]\d\d)\b", line)
    found = int(status[1]) if part == "rtsp" and status else _HTTP_NUMBERS.get(number, 0)
    if found:
        return STATUSES.get(found, f"refuses with the status {found}: {OTHER_PATH}")
    if number == _SERVER_ERROR:
        return STATUSES[500]
    if line.startswith("Failed to resolve hostname"):
        return NO_NAME
    if number == errno.EIO and when.url.lower().startswith("rtsps:") and not when.has_begun:
        return NO_TLS
    return NETWORK.get(number)


def _log(error: Any) -> tuple[str, str]:
    """Which part of FFmpeg said what last: of the line only its form is used, as it may hold the URL."""
    log = getattr(error, "log", None)
    return (str(log[1]), str(log[2])) if log and len(log) == 3 else ("", "")
