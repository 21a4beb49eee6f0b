"""Where the demo's pet is and what it does, as a pure function of the frame number."""

from dataclasses import dataclass
from enum import Enum

STRIDE_FRAMES = 20  # frames of one stride
STEP = 4  # pixels per frame; even, so that the chroma planes line up
TURN_FRAMES = 16  # from standing to sitting, and back
SIT_FRAMES = 150
OUT_FRAMES = 120
LEFT_X = -160  # out of the room on the left; strides count from here
STRIDES_ACROSS = 20  # to the right end, out of the room too


class Mood(Enum):
    """What the pet does. The frame within the mood chooses the picture."""

    WALK = "walk"
    SIT_DOWN = "sit down"
    SIT = "sit"
    STAND_UP = "stand up"
    OUT = "out"


@dataclass(frozen=True)
class Moment:
    """``frame`` counts within the mood; ``x`` is the pet's middle, pixels; ``facing`` is 1 (right) or -1 (left)."""

    mood: Mood
    frame: int
    x: int
    facing: int


# (mood, frames, facing): the round begins with the pet on its way in from the left.
_ROUND = (
    (Mood.WALK, 8 * STRIDE_FRAMES, 1),
    (Mood.SIT_DOWN, TURN_FRAMES, 1),
    (Mood.SIT, SIT_FRAMES, 1),
    (Mood.STAND_UP, TURN_FRAMES, 1),
    (Mood.WALK, 12 * STRIDE_FRAMES, 1),
    (Mood.OUT, OUT_FRAMES, -1),
    (Mood.WALK, 7 * STRIDE_FRAMES, -1),
    (Mood.SIT_DOWN, TURN_FRAMES, -1),
    (Mood.SIT, SIT_FRAMES, -1),
    (Mood.STAND_UP, TURN_FRAMES, -1),
    (Mood.WALK, 13 * STRIDE_FRAMES, -1),
    (Mood.OUT, OUT_FRAMES, 1),
)
ROUND_FRAMES = sum(frames for _, frames, _ in _ROUND)
_HEAD_START = 2 * STRIDE_FRAMES  # frame 0 is so far into the round: the pet is about to show itself


def moment(frame_number: int) -> Moment:
    """What the pet does on a frame; the same for every frame ``ROUND_FRAMES`` later."""
    left = (frame_number + _HEAD_START) % ROUND_FRAMES
    x = LEFT_X
    for mood, frames, facing in _ROUND:
        inside = min(left, frames)
        if mood is Mood.WALK:
            x += STEP * facing * inside
        if left < frames:
            return Moment(mood, left, x, facing)
        left -= frames
    raise AssertionError("the round is as long as its parts")
