"""Live streams by PyAV: what ``rtsp://`` and ``/dev/videoN`` have in common."""

import threading
from collections.abc import Generator
from typing import Any

from petcam.feed.source import EncodedFrame
from petcam.feed.timing import LiveClock
from petcam.feed.transcoding import Player, Units, live_units, opened
from petcam.media import pyav

TIMEOUTS_SECONDS = (5.0, 5.0)  # to open, and from packet to packet; then the connection is made anew


class PyavLiveSource:
    """Opens ``url`` with ``options`` (further arguments of ``av.open``); passes H.264 through, transcodes the rest.

    ``in_pieces``: what is opened gives parts of access units, by RTP packets.
    """

    restartable = True

    def __init__(self, name: str, url: str, in_pieces: bool = False, **options: Any) -> None:
        pyav.load(name)
        self.name = name
        self._url, self._in_pieces = url, in_pieces
        self._options = options

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        clock = LiveClock()
        with opened(self.name, self._url, timeout=TIMEOUTS_SECONDS, **self._options) as stream:
            is_h264 = stream.codec_context.name == "h264"
            player, skipped = Player(self.name, stream, Units(stream).parameter_sets if is_h264 else []), 0
            for unit in live_units(stream, self._in_pieces):
                for picture, media_ns in player.play(unit):
                    capture_ns = clock.capture_ns(media_ns, unit.arrival_ns)
                    size = (picture.width, picture.height)
                    damaged, skipped = player.skipped - skipped, player.skipped
                    yield EncodedFrame(picture.data, capture_ns, picture.keyframe, *size, damaged=damaged)
