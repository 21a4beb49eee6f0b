"""Live H.264 in Annex-B form from a file descriptor; a picture was captured when its first bytes came.

Nothing in the stream says that a picture is whole, only the next one does. So that no picture waits for the next, it
counts as whole once nothing more has come for a moment; where that was wrong, the moment becomes longer.
"""

import os
import select
import threading
import time
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.transcoding import LiveUnit, Player
from petcam.h264 import annexb

STOP_CHECK_SECONDS = 0.2  # from look to look at the stop while nothing comes
MAX_CHUNK_BYTES = 1 << 16
PAGE_BYTES = 4096  # of a pipe; a writer that waits for room in it has filled whole ones
FIRST_PATIENCE_SECONDS, MAX_PATIENCE_SECONDS = 0.010, 1.0


def frames(
    name: str, fd: int, stop: threading.Event, max_silence: float | None = None
) -> Generator[EncodedFrame, None, None]:
    """The frames of a live stream until its end, or until the stop. The caller owns ``fd``; ``name`` is for the log.

    Raises :class:`PetcamError` (``BAD_SOURCE``) where browsers cannot play it, nor PyAV transcode it, and where nothing
    came for ``max_silence`` seconds.
    """
    splitter, player = annexb.Splitter(), Player(name)
    began_ns: int | None = None  # when the first bytes of the access unit in the splitter came
    skipped = 0
    for units, came_ns in _units(fd, stop, max_silence, splitter):
        began_ns = began_ns or came_ns
        for nals in units:
            for picture, _ in player.play(LiveUnit(annexb.join(nals), nals, began_ns, came_ns)):
                size = (picture.width, picture.height)
                damaged, skipped = player.skipped - skipped, player.skipped
                yield EncodedFrame(picture.data, began_ns, picture.keyframe, *size, damaged=damaged)
            began_ns = came_ns
        began_ns = None if splitter.is_empty else began_ns


def _units(
    fd: int, stop: threading.Event, max_silence: float | None, splitter: annexb.Splitter
) -> Generator[tuple[list[list[bytes]], int], None, None]:
    """The access units that have become whole, with the moment at which the newest bytes came."""
    patience = FIRST_PATIENCE_SECONDS
    size = 0  # of what has come since the last pause
    last_ns = time.monotonic_ns()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not stop.is_set():
        may_be_whole = splitter.has_picture and size % PAGE_BYTES
        if poll.poll((patience if may_be_whole else STOP_CHECK_SECONDS) * 1000):
            chunk, last_ns = os.read(fd, MAX_CHUNK_BYTES), time.monotonic_ns()
            size += len(chunk)
            yield (splitter.push(chunk) if chunk else splitter.flush()), last_ns
            if splitter.was_cut:
                patience = min(patience * 2, MAX_PATIENCE_SECONDS)
            if not chunk:
                return
        elif may_be_whole:
            size = 0
            yield splitter.flush(), last_ns
        elif max_silence is not None and time.monotonic_ns() - last_ns > max_silence * 1e9:
            raise PetcamError(Code.BAD_SOURCE, f"nothing came for {max_silence:g} s")
