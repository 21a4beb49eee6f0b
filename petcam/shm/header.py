"""The header's constant part, bytes 0..127: made once by the writer, parsed by every reader (O4)."""

import zlib
from typing import NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError
from petcam.shm import layout
from petcam.shm.layout import Shape


class Header(NamedTuple):
    """What a reader may know of a segment that it accepted."""

    epoch: int
    writer_pid: int  # for people only, as the name is
    writer_name: str


def build(shape: Shape, epoch: int, writer_pid: int, writer_name: str) -> bytes:
    """The 128 bytes that a new segment of ``shape`` begins with."""
    header = np.zeros(1, layout.HEADER)
    header["magic"] = shape.magic
    header["abi_version"] = layout.ABI_VERSION
    header["header_size"] = layout.HEADER_SIZE
    header["epoch"] = epoch
    header["writer_pid"] = writer_pid
    header["writer_name"] = cut_utf8(writer_name, layout.WRITER_NAME)
    for field in _GEOMETRY:
        header[field] = getattr(shape, field)
    raw = header.tobytes()[: layout.FIXED_SIZE - 4]
    return raw + zlib.crc32(raw).to_bytes(4, "little")


def parse(raw: bytes, file_size: int, shape: Shape, name: str) -> Header | None:
    """Parse the first 4096 bytes of the segment ``name``; ``None`` where there is no data yet (bad magic).

    Raises :class:`PetcamError` (``BAD_SEGMENT``) for a segment that petcam cannot read and will not guess at.
    """
    if len(raw) < layout.HEADER_SIZE:
        return None
    header = np.frombuffer(raw, layout.HEADER, 1)[0]
    if raw[:8] != shape.magic + b"\0":
        return None
    version = int(header["abi_version"])
    if version > layout.ABI_VERSION:
        raise _refused(name, f"ABI version {version}, this petcam reads {layout.ABI_VERSION}: upgrade petcam")
    if version < layout.ABI_VERSION:
        raise _refused(name, f"ABI version {version}, this petcam reads {layout.ABI_VERSION}: upgrade its writer")
    if zlib.crc32(raw[: layout.FIXED_SIZE - 4]) != header["header_crc"]:
        raise _refused(name, "the header's checksum is wrong: restart its writer")
    for field in ("header_size", *_GEOMETRY):
        wanted = layout.HEADER_SIZE if field == "header_size" else getattr(shape, field)
        if header[field] != wanted:
            raise _refused(name, f"{field} is {header[field]}, ABI version 1 has {wanted}: correct its writer")
    if file_size != shape.segment_size:
        raise _refused(name, f"the file has {file_size} bytes, not {shape.segment_size}: correct its writer")
    if header["epoch"] == 0:
        raise _refused(name, "epoch is 0: correct its writer")
    writer_name = bytes(header["writer_name"]).decode("utf-8", "replace")
    return Header(int(header["epoch"]), int(header["writer_pid"]), writer_name)


def cut_utf8(text: str, size: int) -> bytes:
    """``text`` in UTF-8, cut to ``size`` bytes at the end of a character."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore").encode("utf-8")


_GEOMETRY = ("segment_size", "slot_count", "slot_size", "data_start", "data_capacity")


def _refused(name: str, reason: str) -> PetcamError:
    return PetcamError(Code.BAD_SEGMENT, f"{name}: {reason}")
