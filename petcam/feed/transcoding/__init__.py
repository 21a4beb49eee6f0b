"""What PyAV (FFmpeg) does for the sources: opens containers, network and video devices, transcodes, encodes.

PyAV itself is imported only when something of this is used. Imports ``petcam.errors``, ``petcam.media`` and
``h264``. Others import from here only.
"""

from petcam.feed.transcoding.container import TimedPicture, Units, frame_rate, is_bare, opened, passed_through, stamp_ns
from petcam.feed.transcoding.encoder import Encoder
from petcam.feed.transcoding.live_unit import LiveUnit, live_units
from petcam.feed.transcoding.player import MAX_GROUP_SECONDS, Player
from petcam.feed.transcoding.transcoder import MAX_DECODED_PIXELS, is_turned, transcoded
from petcam.feed.transcoding.upright import quarter_turns

__all__ = [
    "MAX_DECODED_PIXELS",
    "MAX_GROUP_SECONDS",
    "Encoder",
    "LiveUnit",
    "Player",
    "TimedPicture",
    "Units",
    "frame_rate",
    "is_bare",
    "is_turned",
    "live_units",
    "opened",
    "passed_through",
    "quarter_turns",
    "stamp_ns",
    "transcoded",
]
