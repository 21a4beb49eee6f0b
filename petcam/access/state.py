"""The directory in which petcam keeps its state from one run to the next, and that of the package's keys."""

import os
from pathlib import Path

DEFAULT_DIRECTORY = Path("/var/lib/petcam")
SECRETS_DIRECTORY = Path("/etc/petcam/secrets")  # the package makes it; a checkout has none


def state_directory() -> Path:
    """``$STATE_DIRECTORY`` (systemd may list several; the first counts), or the default."""
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or DEFAULT_DIRECTORY)


def web_state_directory() -> Path:
    """That of petcam-web, for a service that has one of its own: ``$PETCAM_WEB_STATE``, else as
    :func:`state_directory`."""
    return Path(os.environ.get("PETCAM_WEB_STATE", "") or state_directory())
