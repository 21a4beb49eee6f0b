"""Readers for the older layouts that the daemons on an RDK X5 board write (``camera.layout: rdk-x5``).

Beside the contract, not part of it; docs/shm-layout.md describes them at its end. Imports ``petcam.errors`` and, of
``petcam.shm``, the loop that all readers share, the read-only files and the records that the contract's readers give.
Others import from here only.
"""

from petcam.shm.rdk_x5.pictures import JPEG, NAME, NV12, RawPicture, RdkPictureReader, format_of
from petcam.shm.rdk_x5.stream import (
    GENERATIONS,
    SLOTS,
    STREAM,
    RdkDetectionReader,
    RdkStreamReader,
    copy_frame,
    count_of,
    parse_result,
)

__all__ = [
    "GENERATIONS",
    "JPEG",
    "NAME",
    "NV12",
    "SLOTS",
    "STREAM",
    "RawPicture",
    "RdkDetectionReader",
    "RdkPictureReader",
    "RdkStreamReader",
    "copy_frame",
    "count_of",
    "format_of",
    "parse_result",
]
