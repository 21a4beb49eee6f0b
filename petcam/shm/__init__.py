"""The shared-memory contract in Python; docs/shm-layout.md is its specification."""

from petcam.shm.detections import DetectionReader
from petcam.shm.rdk_x5 import RdkDetectionReader, RdkStreamReader
from petcam.shm.stream import StreamReader


def stream_reader(layout: str, name: str) -> StreamReader | RdkStreamReader:
    """A reader of access units by ``camera.layout``: ``petcam`` or ``rdk-x5``."""
    return RdkStreamReader(name) if layout == "rdk-x5" else StreamReader(name)


def detection_reader(layout: str, name: str) -> DetectionReader | RdkDetectionReader:
    """A reader of detections by ``camera.layout``: ``petcam`` or ``rdk-x5``."""
    return RdkDetectionReader(name) if layout == "rdk-x5" else DetectionReader(name)
