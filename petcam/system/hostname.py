"""The names of this machine."""

import socket
from contextlib import suppress
from pathlib import Path

NAME_FILE = Path("/etc/hostname")
MAX_NAME_BYTES = 256


def machine_names() -> tuple[str, ...]:
    """As it is called now, and as it was called when this process began: systemd's ``ProtectHostname=`` hides a new
    name from a service, but not the file that ``hostnamectl`` writes it to."""
    written = ""
    with suppress(OSError, UnicodeDecodeError), NAME_FILE.open("rb") as file:
        written = file.read(MAX_NAME_BYTES).decode("ascii").strip()
    return tuple(filter(None, (socket.gethostname(), written)))
