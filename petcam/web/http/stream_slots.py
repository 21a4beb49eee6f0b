"""Slots for open streams: each stream holds a thread of the web server, so their number is limited."""

import threading
from collections.abc import Callable, Collection
from functools import partial
from typing import Protocol

from petcam.errors import Code, PetcamError

THREADS_FOR_PAGES = 8  # which open streams never take


class StreamSlots:
    """One holder (a session, a viewing token, a network) has at most half of the slots, as of WebRTC's viewers."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.limit_of_holder = (limit + 1) // 2
        self._lock = threading.Lock()
        self._taken: dict[object, frozenset[str]] = {}  # the holders of each; guarded by _lock

    @classmethod
    def for_threads(cls, threads: int) -> "StreamSlots":
        return cls(max(1, threads - THREADS_FOR_PAGES))

    def take(self, holders: Collection[str]) -> Callable[[], None]:
        """Take a slot, which counts for each of ``holders``. Raises ``BUSY``.

        The function that is returned gives it back and may be called twice.
        """
        slot = object()
        with self._lock:
            if len(self._taken) >= self.limit:
                raise PetcamError(Code.BUSY, f"all {self.limit} places for open streams are taken; try again soon")
            if any(self._held_by(holder) >= self.limit_of_holder for holder in holders):
                raise PetcamError(Code.BUSY, f"you have {self.limit_of_holder} open streams already, which is the most")
            self._taken[slot] = frozenset(holders)
        return partial(self._give_back, slot)

    def taken(self) -> int:
        with self._lock:
            return len(self._taken)

    def _held_by(self, holder: str) -> int:
        return sum(holder in holders for holders in self._taken.values())

    def _give_back(self, slot: object) -> None:
        with self._lock:
            self._taken.pop(slot, None)


class Slots(Protocol):
    """Where a stream takes its slot; see :meth:`StreamSlots.take`."""

    def take(self, holders: Collection[str]) -> Callable[[], None]: ...


class SlotsOfAKind:
    """Slots for one kind of streams; each also takes one of ``all_slots``."""

    def __init__(self, all_slots: Slots, limit: int) -> None:
        self._all, self._own = all_slots, StreamSlots(limit)

    def take(self, holders: Collection[str]) -> Callable[[], None]:
        give_back_own = self._own.take(holders)
        try:
            give_back = self._all.take(holders)
        except BaseException:
            give_back_own()
            raise

        def both() -> None:
            give_back()
            give_back_own()

        return both
