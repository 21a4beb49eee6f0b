"""What a command says where the state directory cannot be read or written."""

from pathlib import Path

from petcam.access import is_for_lack_of_permission
from petcam.errors import Code, PetcamError
from petcam.words import say


def explained(error: PetcamError, directory: Path, not_permitted: str) -> PetcamError:
    """``error`` in words for people; ``not_permitted`` are those for who lacks ``sudo``."""
    if is_for_lack_of_permission(error):
        return PetcamError(Code.FORBIDDEN, not_permitted)
    why = error.__cause__.strerror if isinstance(error.__cause__, OSError) else error.message
    if error.code is Code.STATE_NOT_WRITTEN:
        return PetcamError(error.code, say("state.not_written", directory=directory, error=why))
    if error.code is Code.STATE_NOT_SYNCED:
        return PetcamError(error.code, say("state.not_synced", directory=directory, error=why))
    return error
