"""A reader that looks again from time to time, as these layouts have nothing to wait on."""

import time
from typing import ClassVar, TypeVar

from petcam.shm.base_reader import BaseReader, Captured
from petcam.shm.mapping import SegmentFile

T = TypeVar("T", bound=Captured)


class PollingReader(BaseReader[SegmentFile, T]):
    """Polls. Waiting on the writers' semaphores would take the posts from the daemons' own readers."""

    poll_seconds: ClassVar[float]  # from look to look while nothing comes

    def _wait(self, segment: SegmentFile, left: float) -> None:
        time.sleep(min(left, self.poll_seconds))
