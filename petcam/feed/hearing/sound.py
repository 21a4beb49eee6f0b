"""What every source of sound is, and what it yields."""

from collections.abc import Generator
from typing import NamedTuple, Protocol


class SoundPacket(NamedTuple):
    """One Opus packet of 20 ms. ``capture_ns``: CLOCK_MONOTONIC of its first sample as a decoder gives it. Levels in
    dBFS. ``discontinuity``: something is missing before it."""

    data: bytes
    capture_ns: int
    rms_db: float
    peak_db: float
    discontinuity: bool = False


class Stop(Protocol):
    """As a ``threading.Event``. Sound also stops where its owner has ended it."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, or for so many seconds; whether it is."""


class SoundSource(Protocol):
    """Where sound comes from. Making one checks what can be checked and opens nothing."""

    @property
    def name(self) -> str:
        """For people; free of credentials."""

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        """Open the source and yield its sound in real time, until its end or until ``stop`` is set.

        Closing the generator closes what it opened. Raises :class:`petcam.errors.PetcamError` or ``OSError`` with the
        reason where the source cannot go on.
        """
