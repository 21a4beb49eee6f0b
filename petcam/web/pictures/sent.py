"""Pictures on their way to clients: what waits here for a client to read is counted until it has left."""

import threading

from petcam.media.budget import PictureBudget, Share
from petcam.web.http import Connection

NEWEST_BYTES = 4 * 2**20  # of the budget that clients which do not read leave to the newest pictures


class Passage:
    """One picture to one client."""

    def __init__(self, connection: Connection, share: Share) -> None:
        self.connection, self.share = connection, share
        self.is_written = False  # set by the thread that answers; before that it has not begun to leave

    def written(self) -> None:
        """The web server has all of it."""
        self.is_written = True

    def has_ended(self) -> bool:
        return self.connection.gone or (self.is_written and not self.connection.unsent())


class SentPictures:
    """For any thread. A connection is asked whether it has sent its picture only when the next one is to be sent."""

    def __init__(self, budget: PictureBudget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._passages: list[Passage] = []  # guarded by _lock

    def begin(self, connection: Connection, size: int) -> Passage | None:
        """``None`` where too much is on its way already. ``written`` of the passage must be called in any case."""
        with self._lock:
            self._end_passages()
            share = self._budget.take(size, leave=NEWEST_BYTES)
            if share is None:
                return None
            passage = Passage(connection, share)
            self._passages.append(passage)
            return passage

    def _end_passages(self) -> None:
        for passage in [passage for passage in self._passages if passage.has_ended()]:
            passage.share.release()
            self._passages.remove(passage)
