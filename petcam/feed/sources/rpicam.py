"""The source ``rpicam``: a Raspberry Pi's camera, by its own program."""

import os
import shutil
import threading
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.sources import annexb_live
from petcam.feed.sources.video_program import TERM_TIMEOUT_SECONDS, VideoProgram

PROGRAMS = ("rpicam-vid", "libcamera-vid")  # its name now, and before 2024
OPTIONS = (
    *("--codec", "h264", "--profile", "baseline", "--inline", "--intra", "30"),
    *("--width", "1280", "--height", "720", "--framerate", "30", "--bitrate", "2000000"),
    *("--flush", "--nopreview", "--timeout", "0", "--output", "-"),
)
MAX_SILENCE_SECONDS = 5.0  # the camera sends 30 pictures a second


def command() -> tuple[str, ...]:
    """The program that writes the camera's H.264 to its standard output. Raises ``BAD_SOURCE`` where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        remedy = "on Raspberry Pi OS: sudo apt install rpicam-apps"
        raise PetcamError(Code.BAD_SOURCE, f"rpicam needs {' or '.join(PROGRAMS)}, and neither is there: {remedy}")
    return (program, *OPTIONS)


class RpicamSource:
    """Runs ``rpicam-vid``. Where it ends or falls silent the source ends with an error that has its last log line."""

    name = "rpicam"
    restartable = True

    def __init__(self, max_silence: float = MAX_SILENCE_SECONDS) -> None:
        self._command = command()
        self._max_silence = max_silence

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        program = os.path.basename(self._command[0])
        with VideoProgram(self._command) as running:
            try:
                yield from annexb_live.frames(self.name, running.stdout, stop, self._max_silence)
            except PetcamError as error:
                raise PetcamError(error.code, f"{program}: {error.message}; it {running.end()}") from error
            if not stop.is_set():
                raise PetcamError(Code.BAD_SOURCE, f"{program} {running.end(TERM_TIMEOUT_SECONDS)}")
