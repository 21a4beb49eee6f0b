"""The source ``-``: H.264 in Annex-B form on standard input, live."""

import os
import threading
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.sources import annexb_live


class StdinSource:
    """Ends for good with its input; what an encoder writes is captured when it arrives."""

    name = "standard input"
    restartable = False

    def __init__(self, fd: int = 0) -> None:
        if os.isatty(fd):
            raise PetcamError(
                Code.BAD_SOURCE, "standard input is a terminal; pipe H.264 into it: encoder | petcam feed -"
            )
        self._fd = fd

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        return annexb_live.frames(self.name, self._fd, stop)
