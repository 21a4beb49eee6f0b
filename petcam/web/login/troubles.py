"""What pages say where a file of the state is damaged or cannot be written."""

from petcam.errors import Code, PetcamError

Shown = tuple[str, str]  # words (``say(key)``) and the command that helps, if any

DOCTOR = "sudo petcam doctor"
LOGOUT_MAY_NOT_LAST: Shown = ("trouble.logout", DOCTOR)
REMOVAL_MAY_NOT_LAST: Shown = ("trouble.removed", DOCTOR)
NOT_KEPT = {
    Code.STATE_NOT_WRITTEN: ("trouble.not_written", DOCTOR),
    Code.STATE_NOT_SYNCED: ("trouble.not_synced", DOCTOR),
}


def shown(errors: list[PetcamError]) -> list[Shown]:
    """What a page says of files that are damaged."""
    return [(error.key, str(error.values.get("command", DOCTOR))) for error in errors]
