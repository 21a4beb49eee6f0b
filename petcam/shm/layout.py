"""The bytes of docs/shm-layout.md as numpy dtypes and constants; include/petcam_shm.h says the same in C.

Fields have the header's names, so that a test can compare the two one by one.
"""

from dataclasses import dataclass

import numpy as np

ABI_VERSION = 1
HEADER_SIZE = 4096
FIXED_SIZE = 128  # bytes of the header that never change once the segment has its name
WRITER_NAME = 32  # bytes
HEARTBEAT_NS = 250_000_000  # a writer beats at least this often
STALE_NS = 1_000_000_000  # after this a reader calls it silent

STREAM_MAX_DATA = 4_194_304  # bytes of one access unit
STREAM_DATA_ALIGN = 64  # bytes; data_position is a multiple
FLAG_KEYFRAME = 1
FLAG_DISCONTINUITY = 2  # in an audio slot too

AUDIO_MAX_DATA = 1275  # bytes of one Opus packet
AUDIO_DATA_ALIGN = 8
AUDIO_SAMPLES = 960  # of one record: 20 ms at 48 kHz
AUDIO_MIN_LEVEL = -9600  # hundredths of dBFS; the loudest is 0

MAX_BOXES = 32  # of one record
CLASS_NAME = 32  # bytes

HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("abi_version", "<u4"),
        ("header_size", "<u4"),
        ("segment_size", "<u8"),
        ("slot_count", "<u4"),
        ("slot_size", "<u4"),
        ("data_start", "<u8"),
        ("data_capacity", "<u8"),
        ("epoch", "<u8"),
        ("writer_pid", "<u4"),
        ("reserved0", "<u4"),
        ("writer_name", f"S{WRITER_NAME}"),
        ("reserved1", "u1", 28),
        ("header_crc", "<u4"),
        ("heartbeat_ns", "<u8"),
        ("next_record", "<u8"),
        ("first_record", "<u8"),
        ("news", "<u4"),  # the futex word that readers sleep on; changes with each publication
        ("reserved2", "u1", 36),
        ("reserved3", "u1", 3904),
    ]
)

STREAM_SLOT = np.dtype(
    [
        ("sequence", "<u8"),
        ("frame_number", "<u8"),
        ("capture_ns", "<u8"),
        ("publish_ns", "<u8"),
        ("data_position", "<u8"),
        ("data_size", "<u4"),
        ("flags", "<u4"),
        ("width", "<u2"),
        ("height", "<u2"),
        ("data_crc", "<u4"),
        ("reserved", "<u4"),
        ("slot_crc", "<u4"),
    ]
)

BOX = np.dtype(
    [
        ("class_name", f"S{CLASS_NAME}"),
        ("confidence", "<f4"),
        ("x", "<f4"),
        ("y", "<f4"),
        ("w", "<f4"),
        ("h", "<f4"),
    ]
)

DETECTIONS_SLOT = np.dtype(
    [
        ("sequence", "<u8"),
        ("frame_number", "<u8"),
        ("capture_ns", "<u8"),
        ("publish_ns", "<u8"),
        ("width", "<u2"),
        ("height", "<u2"),
        ("count", "<u4"),
        ("boxes", BOX, MAX_BOXES),
        ("reserved", "u1", 20),
        ("slot_crc", "<u4"),
    ]
)

AUDIO_SLOT = np.dtype(
    [
        ("sequence", "<u8"),
        ("packet_number", "<u8"),
        ("capture_ns", "<u8"),
        ("publish_ns", "<u8"),
        ("data_position", "<u8"),
        ("data_size", "<u4"),
        ("flags", "<u4"),
        ("samples", "<u2"),
        ("rms", "<i2"),
        ("peak", "<i2"),
        ("reserved", "<u2"),
        ("data_crc", "<u4"),
        ("slot_crc", "<u4"),
    ]
)


@dataclass(frozen=True)
class Shape:
    """The geometry of a kind of segment; in ABI version 1 it is fixed."""

    kind: str
    magic: bytes  # without its NUL
    slot: "np.dtype[np.void]"  # a word: numpy 1.21 on Python 3.10 cannot subscript it
    slot_count: int  # a power of two
    data_start: int  # bytes from the segment's start; 0: no data area
    data_capacity: int  # bytes; 0: no data area
    segment_size: int  # bytes
    data_align: int = 1  # bytes; data_position is a multiple
    max_data: int = 0  # bytes of one record's data

    @property
    def slot_size(self) -> int:
        return self.slot.itemsize


STREAM = Shape(
    "stream", b"PETCAMS", STREAM_SLOT, 2048, 135_168, 16_642_048, 16_777_216, STREAM_DATA_ALIGN, STREAM_MAX_DATA
)
DETECTIONS = Shape("detections", b"PETCAMD", DETECTIONS_SLOT, 64, 0, 0, 114_688)
AUDIO = Shape("audio", b"PETCAMA", AUDIO_SLOT, 4096, 266_240, 782_336, 1_048_576, AUDIO_DATA_ALIGN, AUDIO_MAX_DATA)
SHAPES = (STREAM, DETECTIONS, AUDIO)
