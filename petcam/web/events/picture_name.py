"""What the picture of an event is called: by what it is of, so that no list of pictures is needed beside them."""

import re
from typing import NamedTuple

from petcam.events.read import Seen

PATTERN = re.compile(r"visit_([0-9]{1,19})-([0-9]{1,19})-([0-9]{1,19})-([0-9]{1,19})\.jpg", re.ASCII)

Key = tuple[int, int, int]  # an event: its boot, begin_ns and id


class PictureName(NamedTuple):
    key: Key
    best_ns: int  # when the frame was captured that it is made of

    def __str__(self) -> str:
        return "visit_" + "-".join(map(str, (*self.key, self.best_ns))) + ".jpg"


def name_of(event: Seen) -> PictureName | None:
    """None of an event that is none of a frame."""
    return None if event.best_ns is None else PictureName((event.boot, event.begin_ns, event.id), event.best_ns)


def parsed(name: str) -> PictureName | None:
    """None where it is no picture's name."""
    matched = PATTERN.fullmatch(name)
    if matched is None:
        return None
    boot, begin_ns, id_, best_ns = map(int, matched.groups())
    found = PictureName((boot, begin_ns, id_), best_ns)
    return found if str(found) == name else None
