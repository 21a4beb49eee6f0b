"""Decoded frames as the watcher wants them: a thumbnail, and cut-outs for the network. Needs PyAV; for one thread."""

from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from petcam.detect.area import Area
from petcam.detect.contrast import plain
from petcam.detect.motion import HEIGHT, WIDTH, Thumbnail
from petcam.media.planes import samples
from petcam.media.scaling import one_thread

PLANAR = ("yuv420p", "yuvj420p")  # which are cut as they are


class Cutter:
    """Makes what is asked of frames; keeps one scaler for each purpose."""

    def __init__(self) -> None:
        self._small, self._planar, self._rgb = VideoReformatter(), VideoReformatter(), VideoReformatter()

    def thumbnail(self, frame: Any) -> Thumbnail:
        small = self._small.reformat(frame, WIDTH, HEIGHT, "gray", interpolation=Interpolation.AREA, **one_thread())
        return samples(small.planes[0])[:, :WIDTH].astype(np.float32)

    def cut(self, frame: Any, area: Area, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of a part of the picture, stretched."""
        if frame.format.name not in PLANAR:
            frame = self._planar.reformat(frame, format="yuv420p", **one_thread())
        left, top = (int(edge * length) & ~1 for edge, length in ((area.left, frame.width), (area.top, frame.height)))
        right, bottom = round(area.right * frame.width), round(area.bottom * frame.height)
        part = av.VideoFrame(max(2, right - left) & ~1, max(2, bottom - top) & ~1, frame.format.name)
        for plane, divided in enumerate((1, 2, 2)):
            into = samples(part.planes[plane])
            rows, columns = part.height // divided, part.width // divided
            x, y = left // divided, top // divided
            into[:rows, :columns] = samples(frame.planes[plane])[y : y + rows, x : x + columns]
        # Its shape is another's each time, but FFmpeg keeps the scaler of the last one only.
        shown = self._rgb.reformat(part, width, height, "rgb24", interpolation=Interpolation.AREA, **one_thread())
        return np.ascontiguousarray(samples(shown.planes[0])[:, : 3 * width].reshape(height, width, 3))


class DecodedFrame:
    """A petcam.detect.watcher.Frame."""

    def __init__(self, frame: Any, aspect: tuple[int, int], capture_ns: int, cutter: Cutter) -> None:
        self._frame, self._cutter = frame, cutter
        self.capture_ns = capture_ns
        self.width, self.height = frame.width, frame.height
        self.aspect = aspect[0] / aspect[1]

    def thumbnail(self) -> Thumbnail:
        return self._cutter.thumbnail(self._frame)

    def cut(self, area: Area, width: int, height: int) -> NDArray[np.uint8]:
        """Made plain where it is dim."""
        return plain(self._cutter.cut(self._frame, area, width, height))
