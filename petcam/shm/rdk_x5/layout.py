"""The bytes that the daemons on an RDK X5 board write, as numpy dtypes; docs/shm-layout.md lists them at its end.

Fields have the daemons' names.
"""

import numpy as np

SLOTS = 30  # frames of a ring
MAX_DATA = 3_110_400  # bytes of one frame's data
MAX_PIXELS = MAX_DATA * 2 // 3  # of a ready picture: those that fit as NV12, 1920x1080
JPEG, NV12, H264 = 0, 1, 3  # format of a frame
FRAME = np.dtype(
    [
        ("frame_number", "<u8"),
        ("tv_sec", "<i8"),
        ("tv_nsec", "<i8"),
        ("camera_id", "<i4"),
        ("width", "<i4"),
        ("height", "<i4"),
        ("format", "<i4"),
        ("data_size", "<u8"),
        ("data", "u1", MAX_DATA),
    ]
)
STREAM = np.dtype(
    [("write_index", "<u4"), ("frame_interval_ms", "<u4"), ("new_frame_sem", "V32"), ("frames", FRAME, SLOTS)]
)

DETECTOR_PICTURE = (640, 480)  # width and height of what the detectors look at; the layout does not say
MAX_DETECTIONS = 10
DETECTION = np.dtype(
    [("class_name", "S32"), ("confidence", "<f4"), ("x", "<i4"), ("y", "<i4"), ("w", "<i4"), ("h", "<i4")]
)
_RESULT = [("num_detections", "<i4"), ("detections", DETECTION, MAX_DETECTIONS), ("version", "<u4"), ("sem", "V32")]
DETECTIONS_1 = np.dtype([("frame_number", "<u8"), ("tv_sec", "<i8"), ("tv_nsec", "<i8"), *_RESULT])
DETECTIONS_2 = np.dtype([("frame_number", "<u8"), ("timestamp", "<f8"), *_RESULT])

STREAM_SIZE = STREAM.itemsize  # bytes of a ring's segment
GENERATIONS = {dtype.itemsize: dtype for dtype in (DETECTIONS_1, DETECTIONS_2)}  # by bytes of the segment


def offset(dtype: "np.dtype[np.void]", field: str) -> int:
    """Where a field begins, bytes."""
    return int(dtype.fields[field][1])  # type: ignore[index]
