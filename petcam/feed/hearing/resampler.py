"""From what a card or a decoder gives to 48 kHz, mono, int16."""

from typing import Any

import numpy as np

from petcam.feed.hearing.opus_encoder import RATE
from petcam.media import pyav


class Resampler:
    """From one rate, by that which it is said to have: a clock that is off is not put right here."""

    def __init__(self, rate: int, wanted_for: str) -> None:
        self._rate = rate
        self._av: Any = pyav.load(wanted_for)
        self._resampler = self._av.AudioResampler("s16", "mono", RATE)

    def push(self, samples: Any) -> Any:
        """``samples``: int16, mono, of the rate. It keeps some back."""
        if self._rate == RATE:
            return samples
        frame = self._av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate
        return self.push_frame(frame)

    def push_frame(self, frame: Any) -> Any:
        """An ``av.AudioFrame`` of the rate; all have to have the same format and layout."""
        frame.pts = None  # they are counted here
        found = self._resampler.resample(frame)
        frames = found if isinstance(found, list) else [found]  # older ones give one or None
        pieces = [each.to_ndarray().reshape(-1) for each in frames if each is not None]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def mono(samples: Any) -> Any:
    """int16 of shape (n, channels) as int16 of shape (n,)."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    if samples.shape[1] == 2:
        return (samples[:, 0] >> 1) + (samples[:, 1] >> 1)
    return samples.mean(axis=1).astype(np.int16)
