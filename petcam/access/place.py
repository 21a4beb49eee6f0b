"""Whether the state directory is the one in which this board was set up: what is empty is not taken for new.

A mark says so, in two halves of the same content, of which one is on the root disk (docs/state.md, "The mark"). Where
the directory does not have its half, its disk is not mounted, is another one, or was emptied: nobody may then set a
first password, and nobody can log in. Without the package there is no mark and no such rule.
"""

import os
import re
from pathlib import Path

from petcam.access.state import DEFAULT_DIRECTORY, SECRETS_DIRECTORY
from petcam.access.state_file import Kind, StateFile
from petcam.errors import Code, PetcamError
from petcam.system.mounts import is_volatile

CREDENTIAL = "place"  # also the name of the file that systemd makes it of
NOT_YET = "none"  # the credential while there is no such file: the unit's SetCredential=
MAX_MARK_BYTES = 64
NEW_ON_PURPOSE = f"sudo rm {SECRETS_DIRECTORY / CREDENTIAL} && sudo systemctl restart petcam.target"
REMEDY = f"mount the disk that it was on, and petcam goes on by itself; or begin anew: {NEW_ON_PURPOSE}"
KIND = Kind(".petcam-place", MAX_MARK_BYTES, "nobody can log in", REMEDY, "trouble.place")


class Place:
    """``mark`` is the other half; None: there is no rule. Safe in any thread."""

    def __init__(self, directory: Path, mark: str | None = None) -> None:
        self._directory, self._mark, self._file = directory, mark, StateFile(directory, KIND)
        self._first_trouble = self._look()

    def trouble(self) -> PetcamError | None:
        """Why nobody can log in. What was there at the start stays, since the directory was read then; the service
        ends where :meth:`has_changed`."""
        return self._first_trouble or self._look()

    def trouble_now(self) -> PetcamError | None:
        """The same as it is at the moment, whatever was at the start."""
        return self._look()

    def has_changed(self) -> bool:
        """Whether there is trouble now, but was none at the start, or the other way round."""
        now = self._look()
        if now is not None and isinstance(now.__cause__, OSError):
            return False  # that cannot be told for the moment, as where no descriptor is left
        return (now is None) != (self._first_trouble is None)

    def require(self) -> None:
        """Raises ``STATE_DAMAGED`` where there is trouble."""
        trouble = self.trouble()
        if trouble is not None:
            raise trouble

    def volatile_trouble(self) -> PetcamError | None:
        """Why no first password may be set by the page: the next restart would forget it, and ask somebody else."""
        if self._mark is None or not is_volatile(self._directory):
            return None
        message = (
            f"{self._directory} is in memory (overlayroot, tmpfs): a restart forgets what is changed now, so no first "
            "password can be set by the page: set it with sudo petcam password before that is turned on"
        )
        return PetcamError(Code.FORBIDDEN, message, key="trouble.volatile", command="sudo petcam password")

    def _look(self) -> PetcamError | None:
        if self._mark is None:
            return None
        try:
            found = self._file.read(_text)
        except PetcamError as error:
            return error
        if found == self._mark:
            return None
        what = "has no mark" if found is None else "has another board's mark"
        message = f"{self._directory} is not where petcam was set up: it {what} {KIND.name}, so {KIND.effect}: {REMEDY}"
        return PetcamError(Code.STATE_DAMAGED, message, key=KIND.key, command=KIND.command)


def place_of(directory: Path) -> Place:
    """By the other half of the mark: systemd's credential, else, for a command on the package's directory, the file
    that it is made of. A command that may not read that knows of no rule."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    folder = Path(credentials) if credentials else SECRETS_DIRECTORY
    if not credentials and directory != DEFAULT_DIRECTORY:
        return Place(directory)
    try:
        mark = (folder / CREDENTIAL).read_text(errors="replace").strip()
    except OSError:
        return Place(directory)
    return Place(directory, None if mark == NOT_YET else mark)


def _text(data: bytes) -> str:
    """Raises ValueError."""
    found = data.decode().strip()
    if not re.fullmatch(r"[0-9a-f]{32}", found):
        raise ValueError("is no mark")
    return found
