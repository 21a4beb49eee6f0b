"""When a pet came and when it left, from a detector's results alone, and when it was loud, from levels alone:
docs/events.md is the specification. And from when to when something was wrong: docs/events-db.md, "Trouble".

Pure: results or levels go in, changes of visits or sounds come out, and the only clock is their own. For one thread.
"""

from petcam.events.rules.box import Box
from petcam.events.rules.places import Region
from petcam.events.rules.settings import PETS, Rules
from petcam.events.rules.sounds import CLASS_NAME, Sound, SoundChange, Sounds
from petcam.events.rules.troubles import TroubleChange, Troubles
from petcam.events.rules.visit import Change, Visit
from petcam.events.rules.visits import Visits

__all__ = [
    "CLASS_NAME",
    "PETS",
    "Box",
    "Change",
    "Region",
    "Rules",
    "Sound",
    "SoundChange",
    "Sounds",
    "TroubleChange",
    "Troubles",
    "Visit",
    "Visits",
]
