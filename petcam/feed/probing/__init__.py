"""``petcam feed --probe``: watches a source for some seconds and measures what petcam will meet in it.

``commands.probe`` has the words. Imports ``h264`` and ``feed.sources``, which opens the source. Others import from
here only.
"""

from petcam.feed.probing.measures import Arrivals, Timestamps
from petcam.feed.probing.seen import Seen

__all__ = ["Arrivals", "Seen", "Timestamps"]
