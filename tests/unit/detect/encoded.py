"""Access units of real H.264, made by PyAV for the tests."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from petcam.shm.stream import AccessUnit

WIDTH, HEIGHT = 320, 180


def encoded(pictures: list[np.ndarray], gop: int, fps: int = 10) -> list[AccessUnit]:
    """Of pictures of (height, width, 3) uint8 RGB, with a keyframe each ``gop``."""
    av: Any = pytest.importorskip("av")
    height, width = pictures[0].shape[:2]
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.options = {"g": str(gop), "tune": "zerolatency", "preset": "ultrafast", "bf": "0", "sc_threshold": "0"}
    units = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, encoder.time_base
        for packet in encoder.encode(frame):
            capture_ns = 10_000_000_000 + number * 1_000_000_000 // fps
            units.append(
                AccessUnit(1, number, number, capture_ns, 0, packet.is_keyframe, False, width, height, bytes(packet))
            )
    assert len(units) == len(pictures)
    return units


def shades(count: int) -> list[np.ndarray]:
    """Pictures of one grey each, lighter from one to the next, so that it can be told which one was decoded."""
    return [np.full((HEIGHT, WIDTH, 3), 40 + 4 * number, np.uint8) for number in range(count)]
