"""H.264 as a byte stream and as MP4 stores it: access units, parameter sets, and whether a browser can play it live.

Imports ``petcam.errors`` only, and needs no PyAV. Others import from here only.
"""

from petcam.h264 import annexb, avcc, sei, sps
from petcam.h264.assembler import Assembler, CodedPicture, NotPlayable

__all__ = ["Assembler", "CodedPicture", "NotPlayable", "annexb", "avcc", "sei", "sps"]
