"""H.264 made in memory."""

from fractions import Fraction

import numpy as np
import pytest

from petcam.feed.transcoding import Encoder


@pytest.fixture(scope="session")
def access_units() -> list[bytes]:
    """Twelve pictures of 64x48, the first and the seventh of them keyframes."""
    encoder = Encoder(64, 48, Fraction(6), "tests")
    pictures = np.random.default_rng(1).integers(16, 235, (12, 72, 64), np.uint8)
    return [encoder.encode_i420(picture)[0] for picture in pictures]
