"""Where the best frame of a visit still is: in a recording of it, else in the camera's shared memory, as the streamer
sends it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

from petcam.errors import PetcamError
from petcam.events.read import Reader, Seen
from petcam.streamer_client import OpenAnswer, StreamerClient
from petcam.web.recordings import KeyframeRun, RecordingDirectory, begin_walk, find_run, run_of

SECOND = 10**9
MAX_FILES = 4  # that are looked into for one picture; a visit has more where it lasts for hours
MAX_LOOK_SECONDS = 10.0  # through one that grows
MAX_PAST_SECONDS = 600.0  # that the streamer goes back
PAST_GRACE_SECONDS = 0.25  # further back, for the time that the question takes
MAX_PAST_BYTES = 8 * 2**20  # from the keyframe up to the picture
MAX_PAST_WAIT_SECONDS = 4.0  # until the streamer sends more


@dataclass(frozen=True)
class FoundRun:
    run: KeyframeRun
    file: int  # descriptor, which is open until the next one is asked for


class PictureSource:
    """For any thread. ``boot_id`` is the kernel's."""

    def __init__(
        self,
        reader: Reader,
        directory: RecordingDirectory,
        streamer: StreamerClient,
        boot_id: str,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._reader, self._directory, self._streamer = reader, directory, streamer
        self._boot_id, self._monotonic_ns = boot_id, monotonic_ns

    def runs(self, event: Seen, best_ns: int) -> Iterator[FoundRun]:
        """Each way to the frame that was captured then; the next one for where a file turns out to be damaged."""
        begun = [(name, event.begin_ns - round(offset * SECOND)) for name, offset in event.recordings]
        begun = sorted((each for each in begun if each[1] <= best_ns), key=lambda each: each[1], reverse=True)
        for name, first_ns in begun[:MAX_FILES]:
            yield from self._recorded(name, _ticks(best_ns - first_ns))
        yield from self._past(event, best_ns)

    def _recorded(self, name: str, ticks: int) -> Iterator[FoundRun]:
        with suppress(PetcamError), self._directory.reading(name) as file:
            run = find_run(file.fileno(), ticks, time.monotonic() + MAX_LOOK_SECONDS)
            if run is not None:
                yield FoundRun(run, file.fileno())

    def _past(self, event: Seen, best_ns: int) -> Iterator[FoundRun]:
        """Only of this boot: in each, CLOCK_MONOTONIC begins anew."""
        age = (self._monotonic_ns() - best_ns) / SECOND
        if not 0 <= age < MAX_PAST_SECONDS - PAST_GRACE_SECONDS:
            return
        if self._reader.newest_boot() != (event.boot, self._boot_id):
            return
        with suppress(PetcamError):
            answer = self._streamer.open(f"/past.mp4?from={age + PAST_GRACE_SECONDS:.3f}", MAX_PAST_WAIT_SECONDS)
            if isinstance(answer, OpenAnswer):
                yield from _from_stream(answer, best_ns)


def _from_stream(answer: OpenAnswer, best_ns: int) -> Iterator[FoundRun]:
    file = os.memfd_create("petcam-past")  # its form is that of a recording that grows, and so it is read
    try:
        with closing(answer):
            run = _received(answer, file, best_ns)
        if run is not None:
            yield FoundRun(run, file)
    finally:
        os.close(file)


def _received(answer: OpenAnswer, file: int, best_ns: int) -> KeyframeRun | None:
    """Once the picture, and the one behind it, have come."""
    first = answer.headers.get("X-Capture-Ns", "")
    if not first.isdecimal() or int(first) > best_ns:  # the frame is older than what is still held
        return None
    ticks = _ticks(best_ns - int(first))
    size, begun, deadline = 0, None, time.monotonic() + MAX_LOOK_SECONDS
    for piece in answer.pieces():
        size += os.write(file, piece[: MAX_PAST_BYTES - size])
        begun = begun or begin_walk(file, ticks)
        if begun is not None:
            begun[0].go_on(file, deadline)
        if begun is not None and begun[0].is_past or size == MAX_PAST_BYTES or time.monotonic() > deadline:
            break
    return run_of(begun[0], ticks, begun[1]) if begun else None


def _ticks(ns: int) -> int:
    """Of a recording's times, 1/90,000 s."""
    return ns * 9 // 100_000
