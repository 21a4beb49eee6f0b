"""A secret in a file of its own."""

import os
import stat
from pathlib import Path

from petcam.telling.way import NotSentError

MAX_BYTES = 4096


def read_secret(path: Path) -> bytes:
    """Without the end of its line. Raises :class:`NotSentError` with the remedy."""
    anew = f"type it anew, and Ctrl-D: sudo install -m 0640 -g petcam /dev/stdin {path}"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise NotSentError(f"{path} is no file; {anew}")
            secret = file.read(MAX_BYTES + 1).rstrip(b"\r\n")
    except PermissionError as error:
        open_it = f"sudo chown root:petcam {path}; sudo chmod 0640 {path}"
        raise NotSentError(f"{path} cannot be read by petcam-events: {open_it}") from error
    except OSError as error:
        raise NotSentError(f"{path} cannot be read ({error.strerror}); {anew}") from error
    if not secret or len(secret) > MAX_BYTES:
        raise NotSentError(f"{path} is {'too long' if secret else 'empty'}; {anew}")
    return secret
