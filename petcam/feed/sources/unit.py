"""What ``raw_source`` gives of a source: what it says of itself, and its units."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class About:
    """What a source says of itself. ``codec`` is FFmpeg's name; ``fps`` is 0 where it does not say.

    ``size`` in pixels, ``aspect`` is that of one. ``sound`` is of the form "aac, 16000 Hz", or empty.
    """

    name: str
    is_live: bool
    codec: str = "h264"
    size: tuple[int, int] = (0, 0)
    aspect: tuple[int, int] = (1, 1)
    fps: float = 0.0
    sound: str = ""

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

    def damage(self) -> tuple[int, int] | None:
        """Of the pictures of ``units`` how many were decoded, and how many of them are damaged; None: not known."""
