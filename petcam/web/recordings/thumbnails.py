"""Thumbnails: a recording's first picture as a small JPEG, made once with PyAV and kept in a cache of limited size."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import BinaryIO

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.media.budget import PictureBudget
from petcam.web.recordings.first_picture import read_first_picture

THUMBNAIL_WIDTH = 320  # pixels
MAX_CACHE_BYTES = 8 * 2**20  # some 800 thumbnails
MAX_WAIT_SECONDS = 4.0  # for other thumbnails that are being made
# What one takes besides its decoder: its picture as it is read, cut and joined (4 MiB each at most), and the encoder.
MAX_THUMBNAIL_BYTES = 13 * 2**20

NO_PICTURE = "there is no picture in this recording"


class Thumbnails:
    def __init__(self, budget: PictureBudget, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self._budget, self._max_bytes = budget, max_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[object, bytes] = OrderedDict()  # oldest use first; guarded by _lock
        self._decoding = threading.Lock()  # one at a time: decoding takes a core, and viewers need the others

    @staticmethod
    def are_supported() -> bool:
        return pyav.is_installed()

    def get(self, key: object, open_file: Callable[[], BinaryIO]) -> bytes:
        """The file's thumbnail. ``key`` must be different for different videos.

        Raises ``NOT_FOUND``, ``UNSUPPORTED`` where its pictures are too large, ``BUSY``.
        """
        kept = self._find(key)
        if kept is not None:
            return kept
        if not self._decoding.acquire(timeout=MAX_WAIT_SECONDS):
            raise PetcamError(Code.BUSY, "other thumbnails are being made; try again soon")
        try:
            kept = self._find(key)  # made while this one waited
            return kept if kept is not None else self._keep(key, self._make(open_file))
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

    def _make(self, open_file: Callable[[], BinaryIO]) -> bytes:
        import av.error  # here: PyAV is optional, and costs memory

        from petcam.media.decoder import Decoder
        from petcam.media.jpeg import Encoder, Scaler

        try:
            with self._budget.wait(MAX_THUMBNAIL_BYTES, MAX_WAIT_SECONDS), open_file() as file:
                unit = SimpleNamespace(
                    data=read_first_picture(file.fileno()) or b"", keyframe=True, discontinuity=False, capture_ns=0
                )
                with Decoder(self._budget) as decoder:
                    frame = decoder.feed(unit)
                    if frame is not None:
                        return Encoder().encode(Scaler(THUMBNAIL_WIDTH).scale(frame, decoder.aspect))
        except (av.error.FFmpegError, OSError) as error:
            raise PetcamError(Code.NOT_FOUND, NO_PICTURE) from error
        raise PetcamError(Code.NOT_FOUND, NO_PICTURE)
