"""An encoder that writes H.264 to a pipe, with the habits that it is given."""

import os
import select
import threading
import time
from dataclasses import dataclass
from itertools import cycle

from petcam.h264 import annexb


@dataclass(frozen=True)
class Writing:
    """Times in seconds."""

    fps: float = 20
    pieces: int = 1  # each picture is written in so many
    between: float = 0  # two pieces
    burst: int = 1  # so many pictures are written at once, then none for as long as they last


class Encoder:
    """A context manager that writes ``units`` (access units) over and over. Owns a thread, and ``fd``, which it closes.

    ``sent`` are the access units that have been written, the last perhaps in part; it is for reading at the end.
    """

    def __init__(self, fd: int, units: list[list[bytes]], writing: Writing) -> None:
        self._fd, self._units, self._writing = fd, units, writing
        os.set_blocking(fd, False)  # so that nobody waits for a reader who reads no more
        self._stop = os.eventfd(0)
        self._thread = threading.Thread(target=self._run, name="zoo encoder")
        self.sent: list[list[bytes]] = []

    def __enter__(self) -> "Encoder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.eventfd_write(self._stop, 1)
        self._thread.join()
        os.close(self._stop)
        os.close(self._fd)

    def _run(self) -> None:
        begin = time.monotonic()
        try:
            for number, nals in enumerate(cycle(self._units)):
                due = number // self._writing.burst * self._writing.burst / self._writing.fps
                self.sent.append(nals)
                if self._stopped_within(begin + due - time.monotonic()) or not self._write(annexb.join(nals)):
                    return
        except BrokenPipeError:
            pass  # the reader has gone

    def _write(self, data: bytes) -> bool:
        """Whether all of it could be written."""
        size = -(-len(data) // self._writing.pieces)
        for at in range(0, len(data), size):
            if at and self._stopped_within(self._writing.between):
                return False
            left = data[at : at + size]
            while left:
                if self._stop in select.select([self._stop], [self._fd], [])[0]:
                    return False
                left = left[os.write(self._fd, left) :]
        return True

    def _stopped_within(self, seconds: float) -> bool:
        return bool(select.select([self._stop], [], [], max(0, seconds))[0])
