"""Films of a room with a drawn pet. One frame can be told from all others: in it the pet is red, else green."""

from fractions import Fraction
from functools import lru_cache

import numpy as np

from tests.unit.web.mp4_file import samples_of

BOX = (0.6, 0.5, 0.1, 0.2)  # left, top, width, height in parts of the picture
FRAME_NS = 100_000_000 // 3  # 30 a second, as mp4_file has them
RED, GREEN, ROOM = (220, 30, 30), (30, 160, 30), (90, 90, 100)


def picture(is_best, box=BOX, size=(640, 480)):
    """(height, width, 3) RGB."""
    width, height = size
    room = np.full((height, width, 3), ROOM, np.uint8)
    x, y, w, h = box
    columns, rows = (
        slice(round(at * most), round((at + length) * most))
        for at, length, most in zip((x, y), (w, h), size, strict=True)
    )
    room[rows, columns] = RED if is_best else GREEN
    return room


def access_units(frames, best, box=BOX, size=(640, 480), gop=10, sar="1/1"):
    """In Annex-B form, each keyframe with its parameter sets; ``(bytes, is it a keyframe)``."""
    import av

    encoder = av.CodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt, encoder.time_base = size, "yuv420p", Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "bf": "0", "sc_threshold": "0", "g": str(gop)}
    encoder.options = {**encoder.options, "x264-params": f"sar={sar}"}
    packets = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(picture(number == best, box, size), format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    assert len(packets) == frames
    return [(bytes(packet), packet.is_keyframe) for packet in packets]


@lru_cache(maxsize=8)
def film(*args, **more):
    """As ``access_units``; what mp4_file takes."""
    units = access_units(*args, **more)
    samples, configuration = samples_of([data for data, _ in units])
    return samples, configuration, [number for number, (_, is_keyframe) in enumerate(units, 1) if is_keyframe]


def opened(jpeg):
    """(height, width, 3) RGB, signed."""
    import av

    (frame,) = av.CodecContext.create("mjpeg", "r").decode(av.Packet(jpeg))
    return frame.to_ndarray(format="rgb24").astype(int)


def red_part(shown):
    """Left, top, right, bottom of what is red, in pixels; None where nothing is."""
    red = (shown[..., 0] > 150) & (shown[..., 1] < 100) & (shown[..., 2] < 100)
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    return (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if rows.size else None
