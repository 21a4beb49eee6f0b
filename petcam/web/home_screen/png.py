"""PNG files (https://www.w3.org/TR/png-3/)."""

import struct
import zlib

import numpy as np
import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, RGBA = 2, 6  # colour types
UP = 2  # the filter by which each byte is the difference to the one above it


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """``pixels``: (height, width, 4), red, green, blue, alpha. Where all are opaque, alpha is left out."""
    height, width = pixels.shape[:2]
    is_opaque = bool((pixels[..., 3] == 255).all())
    rows = pixels[..., : 3 if is_opaque else 4].reshape(height, -1)
    filtered = np.full((height, rows.shape[1] + 1), UP, np.uint8)
    filtered[:, 1:] = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
    head = struct.pack(">IIBBBBB", width, height, 8, RGB if is_opaque else RGBA, 0, 0, 0)
    data = zlib.compress(filtered.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
