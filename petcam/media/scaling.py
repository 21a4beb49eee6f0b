"""What all scaling by PyAV has in common."""

from functools import cache

import av
from av.video.reformatter import VideoReformatter


@cache
def one_thread() -> dict[str, int]:
    """The option that keeps newer versions of PyAV from scaling by several threads, each with memory of its own."""
    try:
        VideoReformatter().reformat(av.VideoFrame(16, 16, "yuv420p"), 8, 8, threads=1)
    except TypeError:
        return {}
    return {"threads": 1}
