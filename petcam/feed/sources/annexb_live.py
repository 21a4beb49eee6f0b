"""Live H.264 in Annex-B form from a file descriptor; a picture was captured when its first bytes came."""

import os
import select
import threading
import time
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.h264 import Assembler, NotPlayable, annexb

STOP_CHECK_SECONDS = 0.2  # from look to look at the stop while nothing comes
MAX_CHUNK_BYTES = 1 << 16


def frames(fd: int, stop: threading.Event, max_silence: float | None = None) -> Generator[EncodedFrame, None, None]:
    """The frames of a live stream until its end, or until the stop. The caller owns ``fd``.

    Raises :class:`PetcamError` (``BAD_SOURCE``) where it is not H.264 that browsers can play, and where nothing came
    for ``max_silence`` seconds.
    """
    splitter, assembler = annexb.Splitter(), Assembler()
    began_ns = time.monotonic_ns()  # when the first bytes of the access unit in the splitter came
    for chunk, came_ns in _chunks(fd, stop, max_silence):
        for nals in splitter.push(chunk) if chunk else splitter.flush():
            try:
                picture = assembler.picture(nals)
            except NotPlayable as error:
                remedy = "make the encoder send baseline, main or high without B-frames"
                raise PetcamError(Code.BAD_SOURCE, f"a browser cannot play this live: {error}; {remedy}") from error
            if picture is not None:
                yield EncodedFrame(picture.data, began_ns, picture.keyframe, picture.width, picture.height)
            began_ns = came_ns


def _chunks(fd: int, stop: threading.Event, max_silence: float | None) -> Generator[tuple[bytes, int], None, None]:
    """The bytes that come, each chunk with the moment of its coming; at the end an empty chunk."""
    last_ns = time.monotonic_ns()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not stop.is_set():
        if poll.poll(STOP_CHECK_SECONDS * 1000):
            chunk, last_ns = os.read(fd, MAX_CHUNK_BYTES), time.monotonic_ns()
            yield chunk, last_ns
            if not chunk:
                return
        elif max_silence is not None and time.monotonic_ns() - last_ns > max_silence * 1e9:
            raise PetcamError(Code.BAD_SOURCE, f"nothing came for {max_silence:g} s")
