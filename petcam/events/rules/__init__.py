"""When a pet came and when it left, from a detector's results alone: docs/events.md is the specification.

Pure: results go in, changes of visits come out, and the only clock is the results' own. For one thread.
"""

from petcam.events.rules.box import Box
from petcam.events.rules.settings import PETS, Rules
from petcam.events.rules.visit import Change, Visit
from petcam.events.rules.visits import Visits

__all__ = ["PETS", "Box", "Change", "Rules", "Visit", "Visits"]
