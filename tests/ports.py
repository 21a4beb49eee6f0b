"""Ports for services under test.

A port that the kernel chose is free only until that socket is closed: anybody's next connection may be given it before
the service under test binds it. So these come from below the range from which the kernel chooses, and each stays this
process's until it ends, by a lock on a file that all test processes of the machine use.
"""

import contextlib
import fcntl
import random
import socket
import tempfile
from pathlib import Path

LOCKS = Path(tempfile.gettempdir()) / "petcam-test-ports"
FIRST, LAST = 10_000, 32_000  # Linux's own choice begins at 32768
_held = []  # open lock files


def free_port() -> int:
    """A port that is free for TCP and for UDP, on all addresses, and that no other test is given."""
    LOCKS.mkdir(exist_ok=True)
    for port in random.sample(range(FIRST, LAST), k=1_000):
        if _is_free(port) and _lock(port):
            return port
    raise RuntimeError(f"none of 1,000 ports between {FIRST} and {LAST} is free")


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            tcp.bind(("0.0.0.0", port))
            udp.bind(("0.0.0.0", port))
            return True
    return False


def _lock(port: int) -> bool:
    file = (LOCKS / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _held.append(file)
    return True
