"""The boxes of an MP4 file: only their headers are read, and only so many."""

import os
import struct
from collections.abc import Iterator

BOX_HEADER = struct.Struct(">I4s")
BOX_LARGE_SIZE = struct.Struct(">Q")
MAX_BOXES = 64  # on one level; petcam's own files have five at most

Span = tuple[int, int]  # start and end of a box's content in the file


def find(fd: int, within: Span, *path: str) -> Span | None:
    """The content of the first box of the first type in ``path``, in it of the next, and so on; None: there is none."""
    for wanted in path:
        found = next(each(fd, within, wanted), None)
        if found is None:
            return None
        within = found
    return within


def each(fd: int, within: Span, wanted: str) -> Iterator[Span]:
    """The contents of the boxes of this type."""
    return (content for kind, content in _boxes(fd, *within) if kind == wanted.encode())


def _boxes(fd: int, start: int, end: int) -> Iterator[tuple[bytes, Span]]:
    for _ in range(MAX_BOXES):
        header = os.pread(fd, 16, start)
        if start >= end or len(header) < BOX_HEADER.size:
            return
        size, kind = BOX_HEADER.unpack_from(header)
        content = start + BOX_HEADER.size
        if size == 1 and len(header) == 16:
            (size,) = BOX_LARGE_SIZE.unpack_from(header, 8)
            content += BOX_LARGE_SIZE.size
        if size < content - start or start + size > end:
            return
        yield kind, (content, start + size)
        start += size
