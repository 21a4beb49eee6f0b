"""The number of an event, as paths have it."""

import re

from petcam.errors import Code, PetcamError

FORM = re.compile(r"[1-9][0-9]{0,17}")


def event_id(text: str) -> int:
    """Raises ``NOT_FOUND`` where none can have it."""
    if not FORM.fullmatch(text):
        raise not_found(text)
    return int(text)


def not_found(text: object) -> PetcamError:
    return PetcamError(Code.NOT_FOUND, f"there is no event {str(text)[:20]!r}")
