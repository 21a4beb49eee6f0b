"""What PyAV (FFmpeg) does for the sources: opens containers, network and video devices, transcodes, encodes.

PyAV itself is imported only when something of this is used. Imports ``petcam.errors``, ``petcam.media`` and
``h264``. Others import from here only.
"""

from petcam.feed.transcoding.container import TimedPicture, Units, frame_rate, is_bare, opened, passed_through
from petcam.feed.transcoding.encoder import Encoder
from petcam.feed.transcoding.player import MAX_SILENCE_SECONDS, Player
from petcam.feed.transcoding.transcoder import MAX_DECODED_PIXELS, is_turned, transcoded

__all__ = [
    "MAX_DECODED_PIXELS",
    "MAX_SILENCE_SECONDS",
    "Encoder",
    "Player",
    "TimedPicture",
    "Units",
    "frame_rate",
    "is_bare",
    "is_turned",
    "opened",
    "passed_through",
    "transcoded",
]
