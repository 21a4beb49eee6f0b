"""Stand-ins for the RDK X5 board's daemons: they write as those do, without locks, in either order.

As a program it is a capture daemon at HZ frames a second: ``rdk_daemons.py NAME ORDER HZ``.
"""

import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np

from petcam.shm.rdk_x5 import layout

KEYFRAME = b"\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0\1\x65\x88"
OTHER = b"\0\0\0\1\x41\x9a"
META = [name for name in layout.FRAME.names if name != "data"]


class Segment:
    """A segment file of a dtype, as the daemons create it: opened or made, never renamed."""

    def __init__(self, name, dtype, mode=0o644):
        self.path = Path("/dev/shm" + name)
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR, mode)
        os.ftruncate(descriptor, dtype.itemsize)
        self._memory = mmap.mmap(descriptor, dtype.itemsize)
        os.close(descriptor)
        self.view = np.frombuffer(self._memory, dtype, 1)[0]

    def close(self):
        del self.view
        self._memory.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Ring(Segment):
    """The capture daemon. ``order`` says when write_index is raised: before or after the copy."""

    def __init__(self, name, order="after"):
        super().__init__(name, layout.STREAM)
        self.order = order
        self.n = 0

    def write(self, data=None, **changed):
        if self.order == "before":
            self.raise_index()
            self.copy(self.n - 1, data, **changed)
        else:
            self.copy(self.n, data, **changed)
            self.raise_index()

    def raise_index(self):
        self.n += 1
        self.view["write_index"] = self.n % 2**32

    def copy(self, n, data=None, **changed):
        data = payload(n) if data is None else data
        now = time.monotonic_ns()
        sound = {"frame_number": n, "tv_sec": now // 10**9, "tv_nsec": now % 10**9, "camera_id": 0, "width": 1280}
        sound |= {"height": 720, "format": 3, "data_size": len(data), **changed}
        frame = self.view["frames"][n % 2**32 % layout.SLOTS]
        for field in META:
            frame[field] = sound[field]
        frame["data"][: len(data)] = np.frombuffer(data, np.uint8)


def payload(n):
    """An access unit that is full of its number, large enough to be caught in the middle."""
    head = KEYFRAME if n % 10 == 0 else OTHER
    return head + (0x80808080 | n).to_bytes(4, "little") * (2000 + n % 7 * 5000)


def is_torn(unit):
    return unit.data != payload(unit.frame_number)


class Detector(Segment):
    """The detector, of the generation that the dtype says."""

    def __init__(self, name, dtype):
        super().__init__(name, dtype)

    def write(self, frame_number, *entries, **changed):
        view = self.view
        view["frame_number"], view["num_detections"] = frame_number, len(entries)
        if "timestamp" in view.dtype.names:
            view["timestamp"] = time.monotonic()
        else:
            view["tv_sec"], view["tv_nsec"] = divmod(time.monotonic_ns(), 10**9)
        for place, entry in zip(view["detections"], entries, strict=False):
            for field, value in zip(layout.DETECTION.names, entry, strict=True):
                place[field] = value
        for field, value in changed.items():
            view[field] = value
        view["version"] += 1


def main():
    name, order, hz, parent = sys.argv[1], sys.argv[2], float(sys.argv[3]), os.getppid()
    with Ring(name, order) as ring:
        print("ready", flush=True)
        while os.getppid() == parent:
            ring.write()
            time.sleep(1 / hz)


if __name__ == "__main__":
    main()
