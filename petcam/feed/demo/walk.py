"""Where the demo's pet is and what it does, as a pure function of the frame number."""

from dataclasses import dataclass
from enum import Enum

STRIDE_FRAMES = 20  # frames of one stride
STEP_PIXELS = 4  # of a frame; even, so that the chroma planes line up
SIT_DOWN_FRAMES = 16  # from standing to sitting, or back
SIT_FRAMES = 150
AWAY_FRAMES = 120
START_X = -160  # pixels: out of the picture on the left; strides count from here


class Activity(Enum):
    """What the pet does. The frame within it chooses the sprite."""

    WALK = "walk"
    SIT_DOWN = "sit down"
    SIT = "sit"
    STAND_UP = "stand up"
    AWAY = "away"


@dataclass(frozen=True)
class PetState:
    """``frame`` counts within the activity; ``x`` is the pet's middle, pixels; ``facing`` is 1 (right) or -1 (left)."""

    activity: Activity
    frame: int
    x: int
    facing: int


# (activity, frames, facing): the round begins with the pet on its way in from the left.
_ROUND = (
    (Activity.WALK, 8 * STRIDE_FRAMES, 1),
    (Activity.SIT_DOWN, SIT_DOWN_FRAMES, 1),
    (Activity.SIT, SIT_FRAMES, 1),
    (Activity.STAND_UP, SIT_DOWN_FRAMES, 1),
    (Activity.WALK, 12 * STRIDE_FRAMES, 1),
    (Activity.AWAY, AWAY_FRAMES, -1),
    (Activity.WALK, 7 * STRIDE_FRAMES, -1),
    (Activity.SIT_DOWN, SIT_DOWN_FRAMES, -1),
    (Activity.SIT, SIT_FRAMES, -1),
    (Activity.STAND_UP, SIT_DOWN_FRAMES, -1),
    (Activity.WALK, 13 * STRIDE_FRAMES, -1),
    (Activity.AWAY, AWAY_FRAMES, 1),
)
ROUND_FRAMES = sum(frames for _, frames, _ in _ROUND)
_ROUND_START = 2 * STRIDE_FRAMES  # where in the round frame 0 is: the pet is about to walk into the picture


def pet_state(frame_number: int) -> PetState:
    """What the pet does on a frame; the same for every frame ``ROUND_FRAMES`` later."""
    rest = (frame_number + _ROUND_START) % ROUND_FRAMES
    x = START_X
    for activity, frames, facing in _ROUND:
        walked = min(rest, frames)
        if activity is Activity.WALK:
            x += STEP_PIXELS * facing * walked
        if rest < frames:
            return PetState(activity, rest, x, facing)
        rest -= frames
    raise AssertionError("the round is as long as its parts")
