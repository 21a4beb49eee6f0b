"""From a picture's media time to CLOCK_MONOTONIC, for files and for live streams.

Imports nothing of petcam. Others import from here only.
"""

from petcam.feed.timing.live_clock import LiveClock
from petcam.feed.timing.playback_schedule import PlaybackSchedule
from petcam.feed.timing.playhead import Mark, Playhead

__all__ = ["LiveClock", "Mark", "PlaybackSchedule", "Playhead"]
