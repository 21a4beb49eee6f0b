"""petcam whose source `tcp://HOST:PORT` is played like a USB camera that sends MJPEG."""

import sys

from petcam.cli import main
from petcam.feed import sources
from petcam.feed.source import Source
from petcam.feed.sources.pyav_live import PyavLiveSource


def find(word: str, *_: object) -> Source:
    """As petcam.feed.sources.v4l2 does it, with FFmpeg's reader of bare JPEGs instead of that of V4L2."""
    options = {"framerate": "30", "probesize": "32768", "fpsprobesize": "0"}
    return PyavLiveSource("/dev/video0", word, format="mjpeg", options=options)


if __name__ == "__main__":
    sources.find = find
    sys.exit(main(sys.argv[1:]))
