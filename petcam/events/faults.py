"""Which troubles there are, by what the services say: docs/events-db.md, "Trouble"."""

from collections.abc import Collection
from typing import NamedTuple

from petcam.events.health import Asked, Fault, Health

CAMERA_SILENT, DETECTOR_SILENT, STREAMER_SILENT = "camera_silent", "detector_silent", "streamer_silent"
DISK_FULL, RECORDINGS_MISSING, RECORDING_FAILED = "disk_full", "recordings_missing", "recording_failed"
RECORDINGS = (DISK_FULL, RECORDINGS_MISSING, RECORDING_FAILED)
ALL = (CAMERA_SILENT, DETECTOR_SILENT, STREAMER_SILENT, *RECORDINGS)

NOT_MOUNTED = "Disk not mounted"  # is said for as long as it is so
CLASS_OF = {
    **dict.fromkeys(("Disk full", "Space low", "Limit reached"), DISK_FULL),
    **dict.fromkeys((NOT_MOUNTED, "Directory missing", "Directory removed", "Not a directory"), RECORDINGS_MISSING),
}
OTHERS = frozenset({"", "Camera unreadable"})  # are no trouble of the disk's
HAND_SECONDS = 600.0  # after which it is no news that a recording by hand has failed: nobody may make another for weeks
FRESH_SECONDS = 15.0  # that an answer is good for
CAMERA_WORDS = {
    "waiting": "no video has come since the start",
    "silent": "no picture comes any more",
    "no keyframe": "no picture can be shown",
    "error": "the video cannot be read",
}


class Found(NamedTuple):
    wrong: dict[str, str]  # by class, in words
    unknown: Collection[str]


class Faults:
    """For one thread."""

    def __init__(self, has_streamer: bool, is_open: Collection[str]) -> None:
        """``has_streamer``: it is to run. ``is_open``: classes of before a restart."""
        self._has_streamer, self._was_open = has_streamer, frozenset(is_open)
        self._hand = Fault()  # that was said last of a recording by hand
        self._hand_until = 0.0  # when it is no news any more
        self._has_asked = False

    def look(self, asked: Asked | None, camera_is_on: bool, detector: str, now: float) -> Found:
        """``detector``: why it says nothing, or empty."""
        if asked is None:
            return Found({}, ALL)
        health = asked.health if now - asked.at <= FRESH_SECONDS else None
        if health is None:
            wrong = {STREAMER_SILENT: asked.why or "petcam-streamer does not answer"} if self._has_streamer else {}
            known = {STREAMER_SILENT} if camera_is_on else {STREAMER_SILENT, CAMERA_SILENT, DETECTOR_SILENT}
            return Found(wrong, set(ALL) - known)
        wrong, is_live = self._recordings(health, now), health.camera == "live"
        if not camera_is_on:
            return Found({}, RECORDINGS)
        if not is_live:
            words = CAMERA_WORDS.get(health.camera, health.camera)
            wrong[CAMERA_SILENT] = f"{words}: {health.message}" if health.message else words
            return Found(wrong, {DETECTOR_SILENT})  # no detector sees anything then
        return Found(wrong | ({DETECTOR_SILENT: detector} if detector else {}), ())

    def _recordings(self, health: Health, now: float) -> dict[str, str]:
        faults = [health.by_itself]
        if self._is_news(health.by_hand, now):
            faults.append(health.by_hand)
        return {_class_of(fault.reason): fault.error or fault.reason for fault in faults if fault.reason not in OTHERS}

    def _is_news(self, fault: Fault, now: float) -> bool:
        """Of a recording by hand is said that it failed until the next one, but for the disk that is missing."""
        if fault.reason != self._hand.reason:
            was_before = not self._has_asked and _class_of(fault.reason) not in self._was_open
            self._hand, self._hand_until = fault, 0.0 if was_before else now + HAND_SECONDS
        self._has_asked = True
        return now < self._hand_until or fault.reason == NOT_MOUNTED


def _class_of(reason: str) -> str:
    return CLASS_OF.get(reason, RECORDING_FAILED)
