"""Live streams by PyAV: what ``rtsp://`` and ``/dev/videoN`` have in common."""

import logging
import threading
import time
from collections.abc import Generator
from typing import Any

from petcam.feed.source import EncodedFrame
from petcam.feed.timing import LiveClock
from petcam.feed.transcoding import opened, passed_through, transcoded
from petcam.h264 import NotPlayable
from petcam.media import pyav

TIMEOUTS_SECONDS = (5.0, 5.0)  # to open, and from picture to picture

log = logging.getLogger("petcam.feed")


class PyavLiveSource:
    """Opens ``url`` with ``options`` (further arguments of ``av.open``); passes H.264 through, transcodes the rest."""

    restartable = True

    def __init__(self, name: str, url: str, **options: Any) -> None:
        pyav.load(name)
        self.name = name
        self._url = url
        self._options = options
        self._transcode = False

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        try:
            yield from self._frames()
        except NotPlayable as reason:
            self._transcode = True
            log.info("%s: a browser cannot play it as it is: %s; transcoding to H.264 baseline", self.name, reason)
            yield from self._frames()

    def _frames(self) -> Generator[EncodedFrame, None, None]:
        clock = LiveClock()
        with opened(self.name, self._url, timeout=TIMEOUTS_SECONDS, **self._options) as stream:
            pictures = transcoded(self.name, stream) if self._transcode else passed_through(stream)
            for picture, media_ns in pictures:
                capture_ns = clock.capture_ns(media_ns, time.monotonic_ns())
                yield EncodedFrame(picture.data, capture_ns, picture.keyframe, picture.width, picture.height)
