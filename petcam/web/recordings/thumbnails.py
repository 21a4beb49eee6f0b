"""A recording's first picture as a small JPEG: made once, where PyAV is installed, and kept while there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO

from petcam.errors import Code, PetcamError
from petcam.media import pyav

WIDTH = 320  # pixels
ROOM = 8 * 2**20  # bytes of pictures; some 800 of them
LONGEST_WAIT = 4.0  # seconds for those that are made before


class Thumbnails:
    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, bytes] = OrderedDict()  # oldest use first; guarded by _lock
        self._one_at_a_time = threading.Lock()  # decoding takes a core; viewers need the others

    @staticmethod
    def are_supported() -> bool:
        return pyav.is_installed()

    def of(self, key: object, opened: Callable[[], BinaryIO]) -> bytes:
        """The JPEG of the file; ``key`` is the same only for the same video. Raises ``NOT_FOUND``, ``BUSY``."""
        kept = self._find(key)
        if kept is not None:
            return kept
        if not self._one_at_a_time.acquire(timeout=LONGEST_WAIT):
            raise PetcamError(Code.BUSY, "other thumbnails are being made; try again soon")
        try:
            kept = self._find(key)  # made while this one waited
            return kept if kept is not None else self._keep(key, _make(opened))
        finally:
            self._one_at_a_time.release()

    def _find(self, key: object) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: object, jpeg: bytes) -> bytes:
        with self._lock:
            self._kept[key] = jpeg
            while sum(map(len, self._kept.values())) > self._room and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return jpeg


def _make(opened: Callable[[], BinaryIO]) -> bytes:
    import av  # here: PyAV is optional, and costs memory
    import av.error

    from petcam.media.jpeg import Encoder

    try:
        with opened() as file, av.open(file, format="mp4") as container:
            frame = next(container.decode(video=0))
            encoder = Encoder(WIDTH)
            jpeg = encoder.encode(encoder.scale(frame))
    except (av.error.FFmpegError, OSError, StopIteration, IndexError, ZeroDivisionError) as error:
        raise PetcamError(Code.NOT_FOUND, "there is no picture in this recording") from error
    return jpeg
