"""A reader whose segment may be one that nobody can read: a state, as one that is missing, for it may be put right."""

import logging
from typing import Generic, Protocol, TypeVar

from petcam.errors import PetcamError

R = TypeVar("R", covariant=True)

log = logging.getLogger("petcam.events")


class Reader(Protocol[R]):
    def read(self, timeout: float) -> R | None: ...


class PatientReader(Generic[R]):
    """``unread`` is why it cannot be read; empty: it can, or there is none yet. The log has it once."""

    def __init__(self, reader: Reader[R], what: str) -> None:
        """``what`` is read, for the log."""
        self._reader, self._what = reader, what
        self.unread = ""

    def read(self) -> R | None:
        """The next record, if it is there already."""
        try:
            found, unread = self._reader.read(0), ""
        except PetcamError as error:
            found, unread = None, error.message
        except OSError as error:
            found, unread = None, str(error)
        if unread != self.unread and unread:
            log.warning("cannot read %s: %s", self._what, unread)
        self.unread = unread
        return found
