"""How loud some samples are."""

from typing import Any

import numpy as np

FULL_SCALE = 32768.0  # of a sample of 16 bits
SILENCE_DB = -96.0  # what is quieter counts as this


def levels(samples: Any) -> tuple[float, float]:
    """RMS and peak in dBFS (a sample at full scale: 0), of at least one sample, int16."""
    loud = samples.astype(np.float32)
    return _decibels(float(np.sqrt(np.dot(loud, loud) / len(loud)))), _decibels(float(np.abs(loud).max()))


def _decibels(amplitude: float) -> float:
    if amplitude <= 0:
        return SILENCE_DB
    return max(SILENCE_DB, min(0.0, 20 * float(np.log10(amplitude / FULL_SCALE))))
