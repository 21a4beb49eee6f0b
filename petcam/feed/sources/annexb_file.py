"""Annex-B files (.h264, .264): needs no PyAV."""

from collections.abc import Generator
from pathlib import Path

from petcam.h264 import Assembler, CodedPicture, annexb

CHUNK_BYTES = 1 << 20
FALLBACK_FPS = 30.0  # where the stream does not say


def is_annexb(path: Path) -> bool:
    """Whether the file begins as H.264 in Annex-B form does: a start code, then a NAL unit that can be the first."""
    with path.open("rb") as file:
        head = file.read(5)
    start = 4 if head.startswith(b"\0\0\0\1") else 3 if head.startswith(b"\0\0\1") else len(head)
    return start < len(head) and head[start] & 0x80 == 0 and head[start] & 31 in (1, 5, 6, 7, 8, 9)


def pictures(path: Path) -> Generator[tuple[CodedPicture, int], None, None]:
    """Each picture of the file once, with its media time in ns.

    Raises :class:`petcam.h264.NotPlayable`, :class:`petcam.errors.PetcamError`, ``OSError``.
    """
    splitter, assembler = annexb.Splitter(), Assembler()
    media_ns = 0.0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            for nals in splitter.push(chunk) if chunk else splitter.flush():
                picture = assembler.picture(nals)
                if picture is not None:
                    yield picture, round(media_ns)
                    media_ns += 1e9 / (assembler.fps or FALLBACK_FPS)
            if not chunk:
                return
