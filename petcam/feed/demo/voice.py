"""The cat's voice: it meows when it has sat down, and purrs while it sits and sleeps; else one hears a quiet room.

A pure function of the sample's number, as the picture is one of the frame's: frame ``n`` begins at sample
``n * FRAME_SAMPLES``.
"""

import numpy as np

from petcam.feed.demo.canvas import Array
from petcam.feed.demo.walk import FPS, Activity, pet_state

RATE = 48_000
FRAME_SAMPLES = RATE // FPS
BREATH_SAMPLES = 102 * FRAME_SAMPLES  # as long as the sleeping cat's back lifts and sinks
PURR_HERTZ = 26
PURR_LOUD = {Activity.SLEEP: 1.0, Activity.SIT: 0.45}  # of the purr; nothing elsewhere
PURR_FADE = 24  # frames from none to all
PURR_PEAK, MEOW_PEAK, ROOM_RMS = 2600.0, 6000.0, 12.0  # of 32768
MEOW_FRAME = 24  # of sitting
MEOW_SECONDS = 0.75


class Voice:
    """Made once (some tenths of a second)."""

    def __init__(self, restless: bool = False) -> None:
        self._restless = restless
        noise = np.random.default_rng(2)
        self._purr = _purr(noise)
        self._room = (noise.standard_normal(RATE) * ROOM_RMS).astype(np.float32)
        self._meow = _meow()

    def samples(self, first: int, count: int) -> Array:
        """int16, mono; ``count`` is at most a frame's."""
        places = np.arange(first, first + count)
        frame = first // FRAME_SAMPLES
        loud = np.interp(
            places / FRAME_SAMPLES, [frame, frame + 1, frame + 2], [self._loud(frame + i) for i in range(3)]
        )
        sound = self._room[places % RATE] + self._purr[places % BREATH_SAMPLES] * loud
        state = pet_state(frame, self._restless)
        since = (state.frame - MEOW_FRAME) * FRAME_SAMPLES + first % FRAME_SAMPLES
        if state.activity is Activity.SIT and 0 <= since < len(self._meow):
            meow = self._meow[since : since + count]
            sound[: len(meow)] += meow
        return np.asarray(sound.astype(np.int16))

    def _loud(self, frame: int) -> float:
        """How much of the purr; it comes and goes slowly."""
        now, before = (
            PURR_LOUD.get(pet_state(max(0, each), self._restless).activity, 0.0) for each in (frame, frame - PURR_FADE)
        )
        if now == before:
            return now
        steps = sum(PURR_LOUD.get(pet_state(max(0, frame - i), self._restless).activity, 0.0) for i in range(PURR_FADE))
        return steps / PURR_FADE


def _purr(noise: np.random.Generator) -> Array:
    """One breath: pulses that are a little darker and louder while it breathes in."""
    time = np.arange(BREATH_SAMPLES) / RATE
    cycles = round(PURR_HERTZ * BREATH_SAMPLES / RATE)
    phase = 2 * np.pi * cycles * np.arange(BREATH_SAMPLES) / BREATH_SAMPLES
    pulses = np.clip(np.cos(phase), 0, 1) ** 3
    tones = sum(np.sin(phase * harmonic + harmonic) / harmonic**0.8 for harmonic in range(2, 14))
    rustle = _smooth(noise.standard_normal(BREATH_SAMPLES), 60)
    breath = 0.7 - 0.3 * np.cos(2 * np.pi * time * RATE / BREATH_SAMPLES)
    sound = pulses * (tones + 1.5 * rustle / np.abs(rustle).max()) * breath
    return np.asarray((sound / np.abs(sound).max() * PURR_PEAK).astype(np.float32))


def _smooth(signal: Array, width: int) -> Array:
    """Each sample as the mean of ``width`` around it; the end meets the beginning."""
    summed = np.cumsum(np.concatenate((signal[-width:], signal)))
    return np.asarray((summed[width:] - summed[:-width]) / width)


def _meow() -> Array:
    """A voice that rises and falls, with a mouth that opens and closes."""
    count = int(MEOW_SECONDS * RATE)
    part = np.arange(count) / count
    hertz = 430 + 230 * np.sin(np.pi * part**0.7) - 90 * part + 6 * np.sin(2 * np.pi * 6 * part)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    open_mouth = np.sin(np.pi * part**0.8) ** 1.2
    sound = np.zeros(count)
    for harmonic in range(1, 12):
        formant = 700 + 900 * open_mouth
        strength = np.exp(-(((harmonic * hertz - formant) / 900) ** 2)) + 0.25 / harmonic
        sound += strength * np.sin(phase * harmonic)
    sound *= np.sin(np.pi * part**0.6) ** 1.5
    return np.asarray((sound / np.abs(sound).max() * MEOW_PEAK).astype(np.float32))
