"""The names of this machine."""

import re
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

NAME_FILE = Path("/etc/hostname")
MAX_NAME_BYTES = 256
ASK_AVAHI = (
    *("busctl", "--system", "--auto-start=no", "--timeout=2", "call", "org.freedesktop.Avahi", "/"),
    *("org.freedesktop.Avahi.Server", "GetHostNameFqdn"),
)


def machine_names() -> tuple[str, ...]:
    """As it is called now, and as it was called when this process began: systemd's ``ProtectHostname=`` hides a new
    name from a service, but not the file that ``hostnamectl`` writes it to."""
    written = ""
    with suppress(OSError, UnicodeDecodeError), NAME_FILE.open("rb") as file:
        written = file.read(MAX_NAME_BYTES).decode("ascii").strip()
    return tuple(filter(None, (socket.gethostname(), written)))


def mdns_name() -> str:
    """The name by which avahi makes this machine known: ``NAME.local``, or ``NAME-2.local`` where another device of the
    network has that name already; empty where avahi does not say."""
    try:
        said = subprocess.run(ASK_AVAHI, capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    matched = re.fullmatch(r's "([A-Za-z0-9._-]+)"\n', said)
    return matched[1] if matched else ""
