"""Who is let in: the owner by one password and, if the owner wants, viewers by another; both in the state directory.

While no password is set, the first who asks within an hour of the service's start may set one; after that only who may
run ``sudo petcam password`` on the board.
"""

import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from petcam.access.password_file import PasswordFile, require_good
from petcam.errors import Code, PetcamError

FIRST_VISIT = 3600.0  # seconds after the service's start


class Role(Enum):
    OWNER = "owner"
    VIEWER = "viewer"  # sees and changes nothing


class Owner:
    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._owner, self._viewer = PasswordFile(directory / "owner.json"), PasswordFile(directory / "viewer.json")
        self._clock, self._started = clock, clock()
        self._one_at_a_time = threading.Lock()  # a hash takes 16 MiB: forty at once would be 640

    def is_set(self) -> bool:
        return self._owner.is_set()

    def has_viewer(self) -> bool:
        return self._viewer.is_set()

    def is_first_visit(self) -> bool:
        return not self.is_set() and self._clock() - self._started < FIRST_VISIT

    def generation(self, role: Role = Role.OWNER) -> str:
        """Of the passwords; empty where nobody is let in as ``role``."""
        owner, viewer = self._owner.generation(), self._viewer.generation()
        if role is Role.OWNER or not owner:
            return owner
        return f"{owner}-{viewer}" if viewer else ""

    def verify(self, password: str) -> Role | None:
        """As what ``password`` lets in. Both hashes are always computed, so that the time tells nothing."""
        with self._one_at_a_time:
            as_owner, as_viewer = self._owner.matches(password), self._viewer.matches(password)
        if as_owner:
            return Role.OWNER
        return Role.VIEWER if as_viewer and self.is_set() else None

    def claim(self, password: str) -> None:
        """The first visit's password. Raises ``FORBIDDEN`` where somebody was faster or the hour is over."""
        require_good(password)
        if not self.is_first_visit():
            raise PetcamError(Code.FORBIDDEN, "the time for a first password is over; use sudo petcam password")
        try:
            with self._one_at_a_time:
                self._owner.set(password, only_first=True)
        except FileExistsError:
            raise PetcamError(
                Code.FORBIDDEN, "somebody else has just set the password; was it not you: sudo petcam password"
            ) from None

    def set_password(self, password: str) -> None:
        """Raises ``BAD_REQUEST``, with words for people, for one that is too short or too long. Ends every session."""
        require_good(password)
        with self._one_at_a_time:
            self._owner.set(password)

    def set_viewer_password(self, password: str) -> None:
        """As above, and for the owner's own."""
        require_good(password)
        with self._one_at_a_time:
            if self._owner.matches(password):
                message = "viewers need another password than the owner's"
                raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.viewers_own")
            self._viewer.set(password)

    def remove_viewer_password(self) -> None:
        self._viewer.remove()
