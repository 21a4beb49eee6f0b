"""Pictures of visits: each made once of its best frame, with PyAV, and kept in their folder."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

from petcam.errors import Code, PetcamError
from petcam.events.read import Seen
from petcam.media import pyav
from petcam.media.budget import PictureBudget
from petcam.web.events.picture_crop import cut_out
from petcam.web.events.picture_folder import PictureFolder
from petcam.web.events.picture_name import PictureName, name_of
from petcam.web.events.picture_source import FoundRun, PictureSource

MAX_WAIT_SECONDS = 4.0  # for other pictures that are being made
MAX_DECODING_SECONDS = 30.0  # of one
# What one takes besides its decoder: an access unit as it is read, cut and joined (4 MiB each at most), and the past
# that the streamer sent (8 MiB); then the scaled picture, with its part, in place of the access unit.
MAX_MAKING_BYTES = 20 * 2**20
# One that cannot be made is tried again after 2 s, then twice as long each time; after the sixth, when somebody asks.
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS, MAX_TRIES = 2.0, 120.0, 6
MAX_REMEMBERED = 500  # that could not be made

NO_PICTURE = "this event has no picture"
NO_VIDEO = "there is no picture of this event: no video of its best moment can be had, or not yet"
NO_ROOM = "the picture of this event could not be kept; petcam-web's log says why"

_log = logging.getLogger(__name__)


class Failure(NamedTuple):
    tries: int
    again_at: float  # monotonic
    error: PetcamError


class VisitPictures:
    """For any thread."""

    def __init__(self, folder: PictureFolder, source: PictureSource, budget: PictureBudget) -> None:
        self._folder, self._source, self._budget = folder, source, budget
        self._making = threading.Lock()  # one at a time: decoding takes a core, and viewers need the others
        self._lock = threading.Lock()
        self._failed: OrderedDict[object, Failure] = OrderedDict()  # those that could not be made; guarded by _lock

    def get(self, event: Seen, deadline: float | None = None) -> tuple[PictureName, bytes]:
        """The picture that is kept, else one that is made now, up to the monotonic time ``deadline`` if there is one.
        That of an open visit may be of an earlier best frame.

        Raises ``NOT_FOUND``, ``UNSUPPORTED`` without PyAV or where the camera's pictures are too large, ``BUSY``.
        """
        wanted = name_of(event)
        if wanted is None:
            raise PetcamError(Code.NOT_FOUND, NO_PICTURE)
        kept = self._folder.find(wanted.key)
        jpeg = self._folder.read(kept) if kept else None
        if kept is None or jpeg is None:
            return wanted, self.make(event, wanted, _until(deadline), deadline)
        if kept == wanted or event.is_open:
            return kept, jpeg
        try:
            return wanted, self.make(event, wanted, _until(deadline), deadline)
        except PetcamError:
            return kept, jpeg

    def due_at(self, event: Seen) -> float | None:
        """The monotonic time from which it is to be made without anybody asking; None: it is not."""
        wanted = name_of(event)
        kept = self._folder.find(wanted.key) if wanted else None
        if wanted is None or kept == wanted or not pyav.is_installed():
            return None
        failure = self._failure(event)
        if failure is None:
            return 0.0
        return failure.again_at if failure.tries < MAX_TRIES else None

    def make(
        self,
        event: Seen,
        wanted: PictureName,
        go_on: Callable[[float], bool] | None = None,
        deadline: float | None = None,
    ) -> bytes:
        """Make it, and keep it. ``go_on`` is told after each decoded picture how many seconds that took, and ends all
        by false. Raises as :meth:`get` does."""
        if not pyav.is_installed():
            raise PetcamError(Code.UNSUPPORTED, f"this needs PyAV: {pyav.SERVICE_REMEDY}")
        failure = self._failure(event)
        if failure is not None and failure.again_at > time.monotonic():
            raise PetcamError(failure.error.code, failure.error.message)
        if not self._making.acquire(timeout=_wait_for(deadline)):
            raise PetcamError(Code.BUSY, "other pictures of visits are being made; try again soon")
        try:
            is_made = self._folder.find(wanted.key) == wanted  # while this one waited
            made = self._folder.read(wanted) if is_made else None
            return made or self._make(event, wanted, go_on or _always, deadline)
        except PetcamError as error:
            self._note(event, error)
            raise
        finally:
            self._making.release()

    def _make(self, event: Seen, wanted: PictureName, go_on: Callable[[float], bool], deadline: float | None) -> bytes:
        assert event.best is not None
        with self._budget.wait(MAX_MAKING_BYTES, _wait_for(deadline)):
            for found in self._source.runs(event, wanted.best_ns):
                jpeg = self._decoded(found, event.best[3:], go_on)
                if jpeg is not None:
                    if not self._folder.write(wanted, jpeg):
                        self._note(event, PetcamError(Code.NOT_FOUND, NO_ROOM))
                    return jpeg
        raise PetcamError(Code.NOT_FOUND, NO_VIDEO)

    def _decoded(self, found: FoundRun, box: Any, go_on: Callable[[float], bool]) -> bytes | None:
        """None where it is damaged."""
        import av.error  # here: PyAV is optional, and costs memory

        from petcam.media.decoder import Decoder
        from petcam.media.jpeg import Encoder

        try:
            with Decoder(self._budget) as decoder:
                frame = _decode(found, decoder, go_on)
                return None if frame is None else Encoder().encode(cut_out(frame, box, decoder.aspect))
        except (av.error.FFmpegError, OSError) as error:
            _log.debug("no picture of a visit: %s", error)
            return None

    def _failure(self, event: Seen) -> Failure | None:
        with self._lock:
            return self._failed.get(_state_of(event))

    def _note(self, event: Seen, error: PetcamError) -> None:
        state = _state_of(event)
        with self._lock:
            before = self._failed.pop(state, None)
            tries = before.tries + 1 if before else 1
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), MAX_PAUSE_SECONDS)
            self._failed[state] = Failure(min(tries, MAX_TRIES), time.monotonic() + pause, error)
            while len(self._failed) > MAX_REMEMBERED:
                self._failed.popitem(last=False)


def _state_of(event: Seen) -> object:
    """Of what depends whether its picture can be made: where one of these changes, it is tried anew."""
    return event.id, event.begin_ns, event.best_ns, event.is_open, tuple(name for name, _ in event.recordings)


def _decode(found: FoundRun, decoder: Any, go_on: Callable[[float], bool]) -> Any:
    """The frame that is wanted; None where it cannot be decoded, or not in time."""
    begun = time.monotonic()
    deadline = begun + MAX_DECODING_SECONDS
    for number, data in enumerate(found.run.units(found.file)):
        unit = SimpleNamespace(data=data, keyframe=not number, discontinuity=False, capture_ns=number)
        frame = decoder.feed(unit)
        if frame is not None and frame.pts == found.run.wanted:
            return frame
        now = time.monotonic()
        if now > deadline or not go_on(now - begun):
            return None
        begun = time.monotonic()
    return None


def _always(_: float) -> bool:
    return True


def _until(deadline: float | None) -> Callable[[float], bool]:
    return _always if deadline is None else lambda _: time.monotonic() < deadline


def _wait_for(deadline: float | None) -> float:
    return MAX_WAIT_SECONDS if deadline is None else min(max(deadline - time.monotonic(), 0.0), MAX_WAIT_SECONDS)
