"""A camera of the zoo through the real ``petcam feed`` into shared memory."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from petcam.shm.stream import AccessUnit
from tests.integration.feed.conftest import Feed
from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.outcome import Comparison, compared, nal_units
from tests.zoo.play import Play
from tests.zoo.rtsp_camera import RtspCamera

T = TypeVar("T")
AT_A_TIME = 8  # cameras, which mostly wait


@dataclass(frozen=True)
class Case:
    """What is played, and what has to be said of it. ``pictures`` are read; ``says`` is in the log."""

    name: str
    habits: Habits = field(default_factory=Habits)
    units: Callable[[], list[list[bytes]]] = clips.h264
    pictures: int = 36
    says: tuple[str, ...] = ()
    left_out: tuple[int, ...] = ()  # pictures that cannot be decoded

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Outcome:
    came: list[AccessUnit]
    plays: list[Play]
    requests: list[str]
    log: list[str]
    status: int  # of petcam feed, at its end

    def compared(self) -> Comparison:
        """With what was sent since the first PLAY."""
        return compared(self.plays[0].nals, nal_units(self.came))


@contextmanager
def started(
    directory: Path, *words: str, stdin: int = subprocess.DEVNULL, module: str = "petcam.cli"
) -> Iterator[Feed]:
    """``petcam feed WORDS``."""
    feed = Feed(directory, words, stdin, None, module)
    try:
        yield feed
    finally:
        feed.close()


def play(case: Case, directory: Path) -> Outcome:
    with RtspCamera(case.units(), case.habits) as camera, started(directory, camera.url) as feed:
        came = feed.read(case.pictures)
        status = feed.stop()
    return Outcome(came, camera.plays, camera.requests, feed.log, status)


def play_all(cases: Iterable[Any], directory: Path, play: Callable[[Any, Path], T] = play) -> dict[str, "Future[T]"]:
    """By name, all ended; some at a time. Each is in a future, so that one which fails is the failure of its own tests
    alone."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return {case.name: pool.submit(play, case, directory) for case in cases}
