"""Live streams by PyAV: what ``rtsp://`` and ``/dev/videoN`` have in common."""

import threading
import time
from collections.abc import Generator
from typing import Any

from petcam.feed.source import EncodedFrame
from petcam.feed.timing import LiveClock
from petcam.feed.transcoding import MAX_SILENCE_SECONDS, Player, opened
from petcam.media import pyav

TIMEOUTS_SECONDS = (5.0, MAX_SILENCE_SECONDS)  # to open, and from packet to packet


class PyavLiveSource:
    """Opens ``url`` with ``options`` (further arguments of ``av.open``); passes H.264 through, transcodes the rest."""

    restartable = True

    def __init__(self, name: str, url: str, **options: Any) -> None:
        pyav.load(name)
        self.name = name
        self._url = url
        self._options = options

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        clock = LiveClock()
        with opened(self.name, self._url, timeout=TIMEOUTS_SECONDS, **self._options) as stream:
            player, skipped = Player(self.name, stream), 0
            for picture, media_ns in player.pictures():
                capture_ns = clock.capture_ns(media_ns, time.monotonic_ns())
                size = (picture.width, picture.height)
                damaged, skipped = player.skipped - skipped, player.skipped
                yield EncodedFrame(picture.data, capture_ns, picture.keyframe, *size, damaged=damaged)
