"""The two passwords, both in the state directory: the owner's and, if the owner wants, a second one for viewers.

While no password is set, the first visitor within the first hour may set the owner's; after that hour only
``sudo petcam password`` on the board can.
"""

import threading
from enum import Enum
from pathlib import Path

from petcam.access.first_hour import FirstHour
from petcam.access.password_file import OWNERS, VIEWERS, PasswordFile, make_record, require_valid_length
from petcam.access.place import Place
from petcam.errors import Code, PetcamError


class Role(Enum):
    OWNER = "owner"
    VIEWER = "viewer"  # may watch, but change nothing


class Owner:
    """``first_hour`` is None where nobody may set a first password by the page. Safe in any thread."""

    def __init__(self, directory: Path, first_hour: FirstHour | None = None, place: Place | None = None) -> None:
        self.place = place or Place(directory)  # where it has trouble, nobody can log in
        self._owner, self._viewer = PasswordFile(directory, OWNERS), PasswordFile(directory, VIEWERS)
        self._first_hour = first_hour
        # One hash at a time: each takes 16 MiB, so 40 at once would take 640. Not held while a file is written.
        self._hash_lock = threading.Lock()

    def is_set(self) -> bool:
        """True also where the file is damaged."""
        return self._owner.is_set()

    def has_viewer(self) -> bool:
        """False also where the file is damaged."""
        try:
            return bool(self._viewer.generation())
        except PetcamError:
            return False

    def may_be_new(self) -> bool:
        """Whether a password that is not set was never set, and one that is set now is kept."""
        return not self.is_set() and self.place_trouble() is None

    def is_first_visit(self) -> bool:
        return self._first_hour is not None and self.may_be_new() and self._first_hour.is_open()

    def place_trouble(self) -> PetcamError | None:
        """What is wrong with where the files are."""
        return self.place.trouble() or (None if self.is_set() else self.place.volatile_trouble())

    def troubles(self) -> list[PetcamError]:
        """What is wrong with the files, as far as anybody meets it. What else is wrong where they are not where they
        were set up is no matter."""
        misplaced = self.place_trouble()
        if misplaced is not None:
            return [misplaced]
        first_hour = self._first_hour.trouble if self._first_hour is not None and not self.is_set() else None
        return [error for error in (self._owner.trouble(), self._viewer.trouble(), first_hour) if error is not None]

    def generation(self, role: Role = Role.OWNER) -> str:
        """The generation of the passwords that ``role`` depends on; empty where nobody can log in as ``role``. Raises
        ``STATE_DAMAGED`` where that cannot be told now."""
        self.place.require()
        owner = self._owner.generation()
        if role is Role.OWNER or not owner:
            return owner
        viewer = self._viewer.generation()
        return f"{owner}-{viewer}" if viewer else ""

    def log_in(self, password: str) -> tuple[Role, str] | None:
        """The role that ``password`` is for, and its generation; None where it is wrong.

        The generation is read before the password is checked: a password that changes meanwhile gives a session that
        has ended, rather than a session of the new password.
        """
        generations = {role: self._generation_now(role) for role in Role}
        role = self.verify(password)
        return (role, generations[role]) if role is not None and generations[role] else None

    def verify(self, password: str) -> Role | None:
        """The role that ``password`` is for; None where it is wrong.

        Both hashes are always computed, so that the time of the answer does not tell whether it was right.
        """
        with self._hash_lock:
            as_owner, as_viewer = self._owner.matches(password), self._viewer.matches(password)
        if as_owner:
            return Role.OWNER
        return Role.VIEWER if as_viewer and self._generation_now(Role.OWNER) else None

    def claim(self, password: str) -> str:
        """Set the first password; returns its generation once it is durable. Raises ``FORBIDDEN`` where somebody was
        faster or the hour is over, and as :meth:`set_password` does."""
        require_valid_length(password)
        if not self.is_first_visit():
            raise PetcamError(Code.FORBIDDEN, "the time for a first password is over; use sudo petcam password")
        try:
            return self._set(self._owner, password, only_first=True)
        except FileExistsError:
            raise PetcamError(
                Code.FORBIDDEN, "somebody else has just set the password; was it not you: sudo petcam password"
            ) from None

    def set_password(self, password: str) -> str:
        """Ends every session; returns the new generation once it is durable. Raises ``BAD_REQUEST``, with a message
        for people, if it is too short or too long, ``STATE_NOT_WRITTEN`` and ``STATE_NOT_SYNCED``."""
        require_valid_length(password)
        return self._set(self._owner, password)

    def set_viewer_password(self, password: str) -> str:
        """Ends the viewers' sessions. Raises as above, and ``BAD_REQUEST`` if it is the owner's password."""
        require_valid_length(password)
        with self._hash_lock:
            is_owners = self._owner.matches(password)
        if is_owners:
            message = "viewers need another password than the owner's"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.viewers_own")
        return self._set(self._viewer, password)

    def remove_viewer_password(self) -> None:
        """Nobody gets in by it from now on. Raises as :meth:`StateFile.remove` does: after a restart, somebody may."""
        self._viewer.remove()

    def _set(self, file: PasswordFile, password: str, only_first: bool = False) -> str:
        with self._hash_lock:
            record = make_record(password)
        file.set(record, only_first)
        return record.generation

    def _generation_now(self, role: Role) -> str:
        """Empty also where the file is damaged."""
        try:
            return self.generation(role)
        except PetcamError:
            return ""
