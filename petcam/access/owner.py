"""The two passwords, both in the state directory: the owner's and, if the owner wants, a second one for viewers.

While no password is set, the first visitor within an hour of the service's start may set the owner's; after that hour
only ``sudo petcam password`` on the board can.
"""

import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from petcam.access.password_file import PasswordFile, require_valid_length
from petcam.errors import Code, PetcamError

FIRST_VISIT_SECONDS = 3600.0  # after the service's start


class Role(Enum):
    OWNER = "owner"
    VIEWER = "viewer"  # may watch, but change nothing


class Owner:
    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._owner, self._viewer = PasswordFile(directory / "owner.json"), PasswordFile(directory / "viewer.json")
        self._clock, self._started = clock, clock()
        self._hash_lock = threading.Lock()  # one hash at a time: each takes 16 MiB, so 40 at once would take 640

    def is_set(self) -> bool:
        return self._owner.is_set()

    def has_viewer(self) -> bool:
        return self._viewer.is_set()

    def is_first_visit(self) -> bool:
        return not self.is_set() and self._clock() - self._started < FIRST_VISIT_SECONDS

    def generation(self, role: Role = Role.OWNER) -> str:
        """The generation of the passwords that ``role`` depends on; empty where nobody can log in as ``role``."""
        owner, viewer = self._owner.generation(), self._viewer.generation()
        if role is Role.OWNER or not owner:
            return owner
        return f"{owner}-{viewer}" if viewer else ""

    def verify(self, password: str) -> Role | None:
        """The role that ``password`` is for; None where it is wrong.

        Both hashes are always computed, so that the time of the answer does not tell whether it was right.
        """
        with self._hash_lock:
            as_owner, as_viewer = self._owner.matches(password), self._viewer.matches(password)
        if as_owner:
            return Role.OWNER
        return Role.VIEWER if as_viewer and self.is_set() else None

    def claim(self, password: str) -> None:
        """Set the first password. Raises ``FORBIDDEN`` where somebody was faster or the hour is over."""
        require_valid_length(password)
        if not self.is_first_visit():
            raise PetcamError(Code.FORBIDDEN, "the time for a first password is over; use sudo petcam password")
        try:
            with self._hash_lock:
                self._owner.set(password, only_first=True)
        except FileExistsError:
            raise PetcamError(
                Code.FORBIDDEN, "somebody else has just set the password; was it not you: sudo petcam password"
            ) from None

    def set_password(self, password: str) -> None:
        """Ends every session. Raises ``BAD_REQUEST``, with a message for people, if it is too short or too long."""
        require_valid_length(password)
        with self._hash_lock:
            self._owner.set(password)

    def set_viewer_password(self, password: str) -> None:
        """Ends the viewers' sessions. Raises ``BAD_REQUEST`` as above, and if it is the owner's password."""
        require_valid_length(password)
        with self._hash_lock:
            if self._owner.matches(password):
                message = "viewers need another password than the owner's"
                raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.viewers_own")
            self._viewer.set(password)

    def remove_viewer_password(self) -> None:
        self._viewer.remove()
