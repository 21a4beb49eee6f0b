"""Where the demo's pet is and what it does, as a pure function of the frame number."""

from dataclasses import dataclass
from enum import Enum

FPS = 30
STRIDE_FRAMES = 20  # frames of one stride
STEP_PIXELS = 4  # of a frame; even, so that the chroma planes line up
SIT_DOWN_FRAMES = 16  # from standing to sitting, or back
SIT_FRAMES = 150
LIE_DOWN_FRAMES = 16  # from sitting to curled up, or back
SLEEP_FRAMES = 100 * FPS  # longer than what petcam-events takes for lying still only
AWAY_FRAMES = 120
GONE_FRAMES = 50 * FPS  # longer than what petcam-events takes for one visit
START_X = -160  # pixels: out of the picture on the left
END_X = 1440  # and on the right; strides count from either


class Activity(Enum):
    """What the pet does. The frame within it chooses the sprite."""

    WALK = "walk"
    SIT_DOWN = "sit down"
    SIT = "sit"
    LIE_DOWN = "lie down"
    SLEEP = "sleep"
    GET_UP = "get up"
    STAND_UP = "stand up"
    AWAY = "away"


@dataclass(frozen=True)
class PetState:
    """``frame`` counts within the activity; ``x`` is the pet's middle, pixels; ``facing`` is 1 (right) or -1 (left)."""

    activity: Activity
    frame: int
    x: int
    facing: int


Part = tuple[Activity, int, int]  # activity, frames, facing; one that is away faces where it will come in

# A round begins with the pet on its way in from the left.
_FROM_LEFT: tuple[Part, ...] = (
    (Activity.WALK, 8 * STRIDE_FRAMES, 1),
    (Activity.SIT_DOWN, SIT_DOWN_FRAMES, 1),
    (Activity.SIT, SIT_FRAMES, 1),
    (Activity.STAND_UP, SIT_DOWN_FRAMES, 1),
    (Activity.WALK, 12 * STRIDE_FRAMES, 1),
)
_FROM_RIGHT: tuple[Part, ...] = (
    (Activity.WALK, 7 * STRIDE_FRAMES, -1),
    (Activity.SIT_DOWN, SIT_DOWN_FRAMES, -1),
    (Activity.SIT, SIT_FRAMES, -1),
    (Activity.STAND_UP, SIT_DOWN_FRAMES, -1),
    (Activity.WALK, 13 * STRIDE_FRAMES, -1),
)
_NAP: tuple[Part, ...] = (
    (Activity.WALK, 10 * STRIDE_FRAMES, 1),
    (Activity.SIT_DOWN, SIT_DOWN_FRAMES, 1),
    (Activity.SIT, SIT_FRAMES // 2, 1),
    (Activity.LIE_DOWN, LIE_DOWN_FRAMES, 1),
    (Activity.SLEEP, SLEEP_FRAMES, 1),
    (Activity.GET_UP, LIE_DOWN_FRAMES, 1),
    (Activity.SIT, SIT_FRAMES // 2, 1),
    (Activity.STAND_UP, SIT_DOWN_FRAMES, 1),
    (Activity.WALK, 10 * STRIDE_FRAMES, 1),
)
_THROUGH: tuple[Part, ...] = (*_FROM_LEFT, (Activity.AWAY, AWAY_FRAMES, -1), *_FROM_RIGHT)
_GONE: Part = (Activity.AWAY, GONE_FRAMES, 1)
_ROUND: tuple[Part, ...] = (*_THROUGH, _GONE, *_NAP, _GONE)
_RESTLESS_ROUND: tuple[Part, ...] = (*_THROUGH, (Activity.AWAY, AWAY_FRAMES, 1))

ROUND_FRAMES = sum(frames for _, frames, _ in _ROUND)
RESTLESS_ROUND_FRAMES = sum(frames for _, frames, _ in _RESTLESS_ROUND)
_ROUND_START = 2 * STRIDE_FRAMES  # where in the round frame 0 is: the pet is about to walk into the picture


def pet_state(frame_number: int, restless: bool = False) -> PetState:
    """What the pet does on a frame; the same for every frame ``ROUND_FRAMES`` later.

    One that is ``restless`` never sleeps and is back within seconds: ``RESTLESS_ROUND_FRAMES``.
    """
    parts, whole = (_RESTLESS_ROUND, RESTLESS_ROUND_FRAMES) if restless else (_ROUND, ROUND_FRAMES)
    rest = (frame_number + _ROUND_START) % whole
    x = START_X
    for activity, frames, facing in parts:
        walked = min(rest, frames)
        if activity is Activity.WALK:
            x += STEP_PIXELS * facing * walked
        elif activity is Activity.AWAY:
            x = START_X if facing == 1 else END_X
        if rest < frames:
            return PetState(activity, rest, x, facing)
        rest -= frames
    raise AssertionError("the round is as long as its parts")
