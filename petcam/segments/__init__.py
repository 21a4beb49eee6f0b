"""Shared-memory segments in either layout, petcam's contract or an RDK X5's: readers, inspection and checks.

- ``stream_reader``, ``detection_reader``, ``audio_reader``: the reader for ``camera.layout``, behind a gate where there
  is one.
- ``inspect``: state, rate and geometry of a segment. ``check``: which rules of docs/shm-layout.md its writer breaks.

Imports ``errors``, ``shm`` and ``shm.rdk_x5``.
"""

from petcam.shm.audio import AudioReader
from petcam.shm.base_reader import Gate
from petcam.shm.detections import DetectionReader
from petcam.shm.rdk_x5 import RdkDetectionReader, RdkStreamReader
from petcam.shm.stream import StreamReader


def stream_reader(layout: str, name: str, gate: Gate | None = None) -> StreamReader | RdkStreamReader:
    """A reader of access units by ``camera.layout``: ``petcam`` or ``rdk-x5``."""
    reader = RdkStreamReader(name) if layout == "rdk-x5" else StreamReader(name)
    reader.gate = gate
    return reader


def detection_reader(
    layout: str, name: str, earlier: int = 0, gate: Gate | None = None
) -> DetectionReader | RdkDetectionReader:
    """A reader of detections by ``camera.layout``: ``petcam`` or ``rdk-x5``; it begins ``earlier`` records before the
    newest where the layout has those."""
    reader = RdkDetectionReader(name) if layout == "rdk-x5" else DetectionReader(name, earlier)
    reader.gate = gate
    return reader


def audio_reader(name: str, gate: Gate | None = None) -> AudioReader:
    reader = AudioReader(name)
    reader.gate = gate
    return reader
