"""The source ``demo``: a painted living room, a cat that walks through it, and a stand-in for a detector.

It shows petcam to somebody without a camera, and gives tests and benchmarks a picture in which the true place of the
pet and the number of the frame are known; and its cat's voice. Imports ``petcam.media``, ``feed.source`` and the rooms
``transcoding``, ``hearing`` and ``timing``. Others import from here only.
"""

from petcam.feed.demo import font
from petcam.feed.demo.room import HEIGHT, WIDTH
from petcam.feed.demo.scene import CLOCK_CORNER, DOT_SIZE, LINE_HEIGHT, Scene
from petcam.feed.demo.source import DemoSource

__all__ = ["CLOCK_CORNER", "DOT_SIZE", "HEIGHT", "LINE_HEIGHT", "WIDTH", "DemoSource", "Scene", "font"]
