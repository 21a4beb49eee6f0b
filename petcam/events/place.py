"""Where petcam-events keeps its database, and where it listens: for itself, for petcam-web and for doctor."""

import os
from pathlib import Path

DEFAULT_DIRECTORY = Path("/var/lib/petcam-events")
DEFAULT_RUNTIME = Path("/run/petcam-events")
SOCKET = "control"


def events_directory() -> Path:
    """``$STATE_DIRECTORY`` (systemd may list several; the first counts), or the package's."""
    return Path(_first("STATE_DIRECTORY") or DEFAULT_DIRECTORY)


def control_path() -> Path:
    """For petcam-events itself: in ``$RUNTIME_DIRECTORY``; without the package in the state directory."""
    return Path(_first("RUNTIME_DIRECTORY") or _first("STATE_DIRECTORY") or DEFAULT_RUNTIME) / SOCKET


def asked_path() -> Path:
    """The same for who asks there; ``$RUNTIME_DIRECTORY`` is then its own."""
    return Path(_first("STATE_DIRECTORY") or DEFAULT_RUNTIME) / SOCKET


def _first(name: str) -> str:
    return os.environ.get(name, "").split(":")[0]
