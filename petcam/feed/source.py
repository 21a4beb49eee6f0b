"""What every source is, and what it yields."""

import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class EncodedFrame:
    """One H.264 access unit in Annex-B form, with what the shared memory wants to know about it.

    ``capture_ns`` is CLOCK_MONOTONIC. ``frame_number`` is the source's own count; ``None`` lets the writer count.
    A keyframe carries its SPS and PPS. ``discontinuity``: something is missing before this frame. ``damaged``: units of
    the source that were left out since the frame before.
    """

    data: bytes
    capture_ns: int
    keyframe: bool
    width: int
    height: int
    frame_number: int | None = None
    discontinuity: bool = False
    damaged: int = 0


class Source(Protocol):
    """Where pictures come from. Making one checks what can be checked and starts nothing."""

    @property
    def name(self) -> str:
        """For the log; free of credentials."""

    @property
    def restartable(self) -> bool:
        """Whether the source may be started again after its end."""

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        """Start the source and yield its frames in real time, until its end or until ``stop`` is set.

        Closing the generator ends whatever it started. Raises :class:`petcam.errors.PetcamError`
        (``BAD_SOURCE``) or ``OSError`` with the reason where the source cannot go on.
        """
