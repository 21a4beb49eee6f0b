"""A microphone of this machine's, by ALSA."""

import errno
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Protocol

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import alsa
from petcam.feed.hearing.card_clock import CardClock
from petcam.feed.hearing.packets import Packets
from petcam.feed.hearing.resampler import mono
from petcam.feed.hearing.sound import SoundPacket, Stop

DEFAULT = "default"
WAIT_SECONDS = 0.1  # for samples, from look to look at the stop
SILENT_LOOKS = 30  # without one sample, and the device has died without a word
MAX_AHEAD_SECONDS, MAX_PACE = 1.0, 1.05  # of the time that has passed: what is faster is no sound card
MAX_IN_VAIN = 10  # starts in a row, behind which comes no sample
NO_SAMPLES = "gives no samples: unplug it and plug it in again"
LOST = (errno.EPIPE, errno.ESTRPIPE)  # the machine was busy or asleep; its samples are gone
GONE = (errno.ENODEV, errno.ENXIO, errno.EBADFD, errno.EIO)  # while it ran


class Card(Protocol):
    """The part of :class:`alsa.Pcm` that hearing needs. Errors are ``OSError``."""

    rate: int

    def read(self, seconds: float) -> alsa.Piece | None: ...

    def restart(self) -> None: ...


class Microphone:
    """``name``: ``default``, or as ALSA knows it. ``open_card`` is for tests."""

    def __init__(self, name: str, open_card: Callable[[str], AbstractContextManager[Card]] | None = None) -> None:
        self.name = f"the microphone {name}"
        self._word = name
        self._open_card = open_card or _open

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        try:
            opened = self._open_card(self._word)
        except OSError as error:
            raise PetcamError(Code.BAD_SOURCE, alsa.reason(error, self._word)) from error
        with opened as card:
            pace, in_vain = _Pace(card.rate), 0
            while not stop.is_set():
                samples = pace.samples
                yield from self._without_gap(card, pace, stop)
                in_vain = 0 if pace.samples > samples else in_vain + 1
                if in_vain > MAX_IN_VAIN:
                    raise PetcamError(Code.BAD_SOURCE, f"{self.name} {NO_SAMPLES}")

    def _without_gap(self, card: Card, pace: "_Pace", stop: Stop) -> Generator[SoundPacket, None, None]:
        """Until samples are missing, or the stop."""
        clock, index = CardClock(card.rate), 0
        packets = Packets(card.rate, clock.time_ns, self.name)
        while (piece := self._read(card, stop)) is not None:
            if not pace.is_possible(piece):
                words = f"{self.name} gives samples faster than time passes: it is no sound card; name another"
                raise PetcamError(Code.BAD_SOURCE, words)
            if not clock.observe(index, piece.at_ns):
                return
            yield from packets.push(mono(piece.samples))
            index += len(piece.samples)

    def _read(self, card: Card, stop: Stop) -> alsa.Piece | None:
        """None: samples are missing, or the stop. Raises ``BAD_SOURCE``."""
        try:
            for _ in range(SILENT_LOOKS):
                if stop.is_set():
                    return None
                piece = card.read(WAIT_SECONDS)
                if piece is not None:
                    return piece
        except OSError as error:
            if error.errno in LOST:
                self._restart(card)
                return None
            words = "was unplugged" if error.errno in GONE else f"failed: {error.strerror or error}"
            raise PetcamError(Code.BAD_SOURCE, f"{self.name} {words}") from error
        raise PetcamError(Code.BAD_SOURCE, f"{self.name} {NO_SAMPLES}")

    def _restart(self, card: Card) -> None:
        try:
            card.restart()
        except OSError as error:
            raise PetcamError(Code.BAD_SOURCE, f"{self.name} was unplugged") from error


class _Pace:
    """ALSA has devices that are none and give samples at once; they would keep a core busy."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.samples, self._began_ns = 0, 0

    def is_possible(self, piece: alsa.Piece) -> bool:
        self._began_ns = self._began_ns or piece.at_ns
        seconds = self.samples / self._rate
        self.samples += len(piece.samples)
        return seconds < MAX_AHEAD_SECONDS + MAX_PACE * (piece.at_ns - self._began_ns) / 1e9


def _open(word: str) -> AbstractContextManager[Card]:
    """``default`` is ALSA's, or the first card that records: on many machines ALSA's is an output for a screen.

    Its own names for hardware convert nothing, so that what they refuse is asked for through ``plug``.
    """
    library = alsa.Library()
    try:
        return alsa.Pcm(library, f"plug{word}" if word.startswith("hw:") else word)
    except OSError as error:
        others = library.recorders() if word == DEFAULT and error.errno != errno.EBUSY else []
        if not others:
            raise
        return alsa.Pcm(library, others[0])
