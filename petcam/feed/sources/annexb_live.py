"""Live Annex-B from a file descriptor: pictures with the time of their arrival."""

import os
import select
import threading
import time
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.h264.annexb import Splitter
from petcam.feed.h264.assembler import Assembler, NotPlayable
from petcam.feed.source import EncodedFrame

LOOK_SECONDS = 0.2  # how soon a stop is noticed while nothing comes
CHUNK = 1 << 16


def frames(fd: int, stop: threading.Event, silence: float | None = None) -> Generator[EncodedFrame, None, None]:
    """The frames of a live stream until its end, or until the stop. The caller owns ``fd``.

    Raises :class:`PetcamError` (``BAD_SOURCE``) where it is not H.264 that browsers can play, and where nothing came
    for ``silence`` seconds.
    """
    splitter, assembler = Splitter(), Assembler()
    began_ns = time.monotonic_ns()  # when the first bytes of the access unit in the splitter came
    for chunk, came_ns in _chunks(fd, stop, silence):
        for nals in splitter.push(chunk) if chunk else splitter.flush():
            try:
                picture = assembler.picture(nals)
            except NotPlayable as error:
                remedy = "make the encoder send baseline, main or high without B-frames"
                raise PetcamError(Code.BAD_SOURCE, f"a browser cannot play this live: {error}; {remedy}") from error
            if picture is not None:
                yield EncodedFrame(picture.data, began_ns, picture.keyframe, picture.width, picture.height)
            began_ns = came_ns


def _chunks(fd: int, stop: threading.Event, silence: float | None) -> Generator[tuple[bytes, int], None, None]:
    """What comes, and when; at the end an empty chunk."""
    last_ns = time.monotonic_ns()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not stop.is_set():
        if poll.poll(LOOK_SECONDS * 1000):
            chunk, last_ns = os.read(fd, CHUNK), time.monotonic_ns()
            yield chunk, last_ns
            if not chunk:
                return
        elif silence is not None and time.monotonic_ns() - last_ns > silence * 1e9:
            raise PetcamError(Code.BAD_SOURCE, f"nothing came for {silence:g} s")
