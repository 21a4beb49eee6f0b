"""The shared memory between the daemons and petcam: its contract in Python, and readers for an RDK X5's older layouts.

docs/shm-layout.md is the specification; its numbered steps are named in the code. Daemons write, and others read, by
``stream`` (access units) and ``detections`` (boxes), or by the two functions here, which know ``camera.layout``.

- ``layout``, ``header``: the bytes. ``mapping``, ``segment``, ``futex``: files, views into them, sleeping and waking.
- ``base_reader`` → ``record_reader``, ``writer``: the loop of every reader; the contract's steps of reading, writing.
- ``rtp``: the RTP timestamp of a frame. ``nal``: as much of H.264 as the contract speaks of.
- ``rdk_x5/``: the older layouts, beside the contract.
- ``inspect``, ``check``, ``command``: ``petcam shm``.

Imports ``petcam.errors`` only; the command also ``petcam.config``.
"""

from petcam.shm.detections import DetectionReader
from petcam.shm.rdk_x5 import RdkDetectionReader, RdkStreamReader
from petcam.shm.stream import StreamReader


def stream_reader(layout: str, name: str) -> StreamReader | RdkStreamReader:
    """A reader of access units by ``camera.layout``: ``petcam`` or ``rdk-x5``."""
    return RdkStreamReader(name) if layout == "rdk-x5" else StreamReader(name)


def detection_reader(layout: str, name: str) -> DetectionReader | RdkDetectionReader:
    """A reader of detections by ``camera.layout``: ``petcam`` or ``rdk-x5``."""
    return RdkDetectionReader(name) if layout == "rdk-x5" else DetectionReader(name)
