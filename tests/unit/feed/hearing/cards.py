"""Sound cards that tests play: their own clock, and what goes wrong with them. No time passes in reality."""

import errno
import itertools
import threading

import numpy as np

from petcam.feed.hearing.alsa import Piece

BEGIN_NS = 1_000_000_000_000_000  # since boot: so late that floats have no room for nanoseconds


def tone(first, count, rate=48_000, hertz=440, amplitude=8000):
    samples = amplitude * np.sin(2 * np.pi * hertz * np.arange(first, first + count) / rate)
    return samples.astype(np.int16).reshape(-1, 1)


class SimulatedCard:
    """``ppm``: by which it is fast. ``jitter_ns`` of its stamps. ``script``: by the number of the read, what happens
    instead: an errno, ``None`` (nothing came), or a number of samples that are lost before it."""

    def __init__(self, reads, rate=48_000, ppm=0.0, jitter_ns=0, script=None, samples=tone, channels=1):
        self.rate, self.reads = rate, reads
        self._ppm, self._jitter, self._script, self._samples = ppm, jitter_ns, script or {}, samples
        self._channels = channels
        self._taken = 0  # samples since the beginning, also those that were lost
        self._numbers = itertools.count()
        self._noise = np.random.default_rng(1)
        self.closed, self.restarts = 0, 0

    def true_ns(self, sample):
        """When it was captured."""
        return BEGIN_NS + round(sample * 1e9 / self.rate / (1 + self._ppm / 1e6))

    def read(self, seconds):
        number = next(self._numbers)
        happens = self._script.get(number, 0)
        if happens is None:
            return None
        if number >= self.reads:
            raise OSError(errno.ENODEV, "gone")
        if isinstance(happens, OSError):
            raise happens
        count = self.rate // 50
        self._taken += happens
        first, self._taken = self._taken, self._taken + count
        at = self.true_ns(first) + round(self._noise.uniform(-1, 1) * self._jitter)
        return Piece(np.repeat(self._samples(first, count, self.rate), self._channels, 1), at)

    def restart(self):
        self.restarts += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed += 1


class Event(threading.Event):
    """A stop that nothing waits on in reality; it sets itself after ``count`` pauses, which ``waited`` notes."""

    def __init__(self, count=1000):
        super().__init__()
        self.count, self.waited = count, []

    def wait(self, timeout=None):
        self.waited.append(timeout)
        if len(self.waited) >= self.count:
            self.set()
        return self.is_set()
