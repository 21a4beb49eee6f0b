"""Thumbnails: a recording's first picture as a small JPEG, made once with PyAV and kept in a cache of limited size."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO

from petcam.errors import Code, PetcamError
from petcam.media import pyav

THUMBNAIL_WIDTH = 320  # pixels
MAX_CACHE_BYTES = 8 * 2**20  # some 800 thumbnails
MAX_WAIT_SECONDS = 4.0  # for other thumbnails that are being made


class Thumbnails:
    def __init__(self, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[object, bytes] = OrderedDict()  # oldest use first; guarded by _lock
        self._decoding = threading.Lock()  # one at a time: decoding takes a core, and viewers need the others

    @staticmethod
    def are_supported() -> bool:
        return pyav.is_installed()

    def get(self, key: object, open_file: Callable[[], BinaryIO]) -> bytes:
        """The file's thumbnail. ``key`` must be different for different videos. Raises ``NOT_FOUND``, ``BUSY``."""
        kept = self._find(key)
        if kept is not None:
            return kept
        if not self._decoding.acquire(timeout=MAX_WAIT_SECONDS):
            raise PetcamError(Code.BUSY, "other thumbnails are being made; try again soon")
        try:
            kept = self._find(key)  # made while this one waited
            return kept if kept is not None else self._keep(key, _make(open_file))
        finally:
            self._decoding.release()

    def _find(self, key: object) -> bytes | None:
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
            return self._cache.get(key)

    def _keep(self, key: object, jpeg: bytes) -> bytes:
        with self._lock:
            self._cache[key] = jpeg
            while sum(map(len, self._cache.values())) > self._max_bytes and len(self._cache) > 1:
                self._cache.popitem(last=False)
        return jpeg


def _make(open_file: Callable[[], BinaryIO]) -> bytes:
    import av  # here: PyAV is optional, and costs memory
    import av.error

    from petcam.media.jpeg import Encoder

    try:
        with open_file() as file, av.open(file, format="mp4") as container:
            frame = next(container.decode(video=0))
            encoder = Encoder(THUMBNAIL_WIDTH)
            jpeg = encoder.encode(encoder.scale(frame))
    except (av.error.FFmpegError, OSError, StopIteration, IndexError, ZeroDivisionError) as error:
        raise PetcamError(Code.NOT_FOUND, "there is no picture in this recording") from error
    return jpeg
