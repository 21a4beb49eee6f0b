"""The directory in which petcam keeps its state from one run to the next."""

import os
from pathlib import Path

DEFAULT_DIRECTORY = Path("/var/lib/petcam")


def state_directory() -> Path:
    """``$STATE_DIRECTORY`` (systemd may list several; the first counts), or the default."""
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or DEFAULT_DIRECTORY)
