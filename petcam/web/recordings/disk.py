"""Whether the disk of the recordings is there, which only the streamer can tell."""

import json

from petcam.errors import Code, PetcamError
from petcam.streamer_client import StreamerClient


def require_disk(streamer: StreamerClient) -> None:
    """Raises ``DISK_NOT_MOUNTED``: what the folder of a missing disk holds is none of the recordings, and an empty list
    would say that there are none. Where the streamer does not answer, what is there counts."""
    try:
        status = json.loads(streamer.read("/status").body)
        if status["reason"] == Code.DISK_NOT_MOUNTED.value:
            raise PetcamError(Code.DISK_NOT_MOUNTED, status["error"])
    except PetcamError as error:
        if error.code is Code.DISK_NOT_MOUNTED:
            raise
    except (KeyError, TypeError):
        return  # another program has the port
