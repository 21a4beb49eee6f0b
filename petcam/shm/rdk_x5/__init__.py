"""Readers for the older layouts that the daemons on an RDK X5 board write (``camera.layout: rdk-x5``).

They stand beside the contract and are no part of it; docs/shm-layout.md describes them at its end. ``layout`` has the
bytes, ``segment`` and ``ring`` read them, ``stream``, ``detections`` and ``pictures`` make records of them. Imports
``petcam.errors`` and, of ``petcam.shm``, the loop that all readers share, the files, and the records that the
contract's readers give too. Others import from here only; stand-ins for the daemons in tests take ``layout`` as well.
"""

from petcam.shm.rdk_x5.detections import RdkDetectionReader, result_in
from petcam.shm.rdk_x5.layout import GENERATIONS, JPEG, MAX_DATA, MAX_PIXELS, NV12, STREAM_SIZE
from petcam.shm.rdk_x5.pictures import NAME, RawPicture, RdkPictureReader, format_of
from petcam.shm.rdk_x5.segment import write_count
from petcam.shm.rdk_x5.stream import RdkStreamReader, frames_in

SIZES = (STREAM_SIZE, *GENERATIONS)  # bytes: what a segment of these layouts may have

__all__ = [
    "JPEG",
    "MAX_DATA",
    "MAX_PIXELS",
    "NAME",
    "NV12",
    "SIZES",
    "STREAM_SIZE",
    "RawPicture",
    "RdkDetectionReader",
    "RdkPictureReader",
    "RdkStreamReader",
    "format_of",
    "frames_in",
    "result_in",
    "write_count",
]
