"""What ``raw_source`` gives of a source: what it says of itself, and its units."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class About:
    """What a source says of itself. ``codec`` is FFmpeg's name; ``fps`` is 0 where it does not say.

    ``size`` in pixels, ``aspect`` is that of one. ``can_transcode``: there is PyAV for it.
    """

    name: str
    is_live: bool
    codec: str = "h264"
    size: tuple[int, int] = (0, 0)
    aspect: tuple[int, int] = (1, 1)
    fps: float = 0.0
    can_transcode: bool = True
    refuses_tcp: bool = False

    @property
    def is_network(self) -> bool:
        return "://" in self.name


@dataclass(frozen=True)
class Unit:
    """An access unit; ``nals`` only of H.264. Times in ns.

    ``media_ns`` and ``decoding_ns``: when it is to be shown and decoded, -1: it does not say. ``arrival_ns``: when it
    came, CLOCK_MONOTONIC.
    """

    nals: tuple[bytes, ...]
    size: int  # bytes
    keyframe: bool
    media_ns: int
    decoding_ns: int
    arrival_ns: int


@dataclass(frozen=True)
class Decoded:
    """Of the pictures of ``units`` how many were decoded, and how many of them are damaged. ``turns``: quarter turns
    against the clock that make the first upright."""

    pictures: int
    damaged: int
    turns: int = 0


class Raw(Protocol):
    @property
    def about(self) -> About: ...

    @property
    def parameter_sets(self) -> list[bytes]:
        """Those that came apart from the units."""

    @property
    def missed(self) -> int:
        """Packets of the network that did not come; they are counted only where the camera sends by UDP."""

    def units(self, seconds: float) -> Generator[Unit, None, None]:
        """Those of so many seconds: of our time where the source is live, of its own where it is a file."""

    @property
    def end(self) -> str:
        """Why a live source ended before ``units`` did, with the remedy; empty: it did not. Its encoder may end."""

    def decoded(self) -> Decoded | None:
        """To be asked behind ``units``. None: nothing was."""

    def sound(self) -> str | None:
        """Of the form "aac, 16000 Hz"; empty: it has none; None: it could not be had. To be asked last, as a camera of
        the network is connected to anew for it."""
