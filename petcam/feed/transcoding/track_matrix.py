"""How a file's pictures are to be turned, by its track's matrix: PyAV before version 14 does not say it."""

import os
import struct
from functools import lru_cache
from typing import Any

from petcam.media.boxes import Span, each, find

MATRIX = struct.Struct(">9i")  # ISO/IEC 14496-12, 6.2.2
MATRIX_AT = {0: 40, 1: 52}  # byte of tkhd's content, by its version
HANDLER_AT = 8  # byte of hdlr's content, 8.4.3
MP4 = "mov,mp4"  # as FFmpeg's name for it begins

Matrix = tuple[int, ...]


def track_matrix(stream: Any) -> Matrix | None:
    """That of the first track of video; None: it is no MP4, or has none."""
    if stream.container is None or not stream.container.format.name.startswith(MP4):
        return None
    path = stream.container.name
    try:
        return _of_file(path, os.stat(path).st_mtime_ns)
    except (OSError, struct.error):
        return None


@lru_cache(maxsize=1)
def _of_file(path: str, _changed_ns: int) -> Matrix | None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        moov = find(fd, (0, os.fstat(fd).st_size), "moov")
        for track in each(fd, moov, "trak") if moov else ():
            matrix = _of_track(fd, track)
            if matrix:
                return matrix
        return None
    finally:
        os.close(fd)


def _of_track(fd: int, track: Span) -> Matrix | None:
    handler, header = find(fd, track, "mdia", "hdlr"), find(fd, track, "tkhd")
    if not handler or not header or os.pread(fd, 4, handler[0] + HANDLER_AT) != b"vide":
        return None
    version = os.pread(fd, 1, header[0])[:1] or b"\0"
    at = header[0] + MATRIX_AT.get(version[0], MATRIX_AT[0])
    return MATRIX.unpack(os.pread(fd, MATRIX.size, at))
