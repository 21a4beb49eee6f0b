"""The source ``rpicam``: a Raspberry Pi's camera, by its own program."""

import os
import shutil
import threading
from collections.abc import Generator

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.sources import annexb_live
from petcam.feed.sources.video_program import END_SECONDS, VideoProgram

PROGRAMS = ("rpicam-vid", "libcamera-vid")  # its name now, and before 2024
OPTIONS = (
    *("--codec", "h264", "--profile", "baseline", "--inline", "--intra", "30"),
    *("--width", "1280", "--height", "720", "--framerate", "30", "--bitrate", "2000000"),
    *("--flush", "--nopreview", "--timeout", "0", "--output", "-"),
)
SILENCE_SECONDS = 5.0  # the camera sends 30 pictures a second


class RpicamSource:
    """Runs ``rpicam-vid`` and watches it: its end, or its silence, ends the source with what it said last."""

    name = "rpicam"
    endless = True

    def __init__(self, silence: float = SILENCE_SECONDS) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            remedy = "sudo apt-get install rpicam-apps"
            raise PetcamError(Code.BAD_SOURCE, f"rpicam needs {' or '.join(PROGRAMS)}, and neither is there: {remedy}")
        self._command = (program, *OPTIONS)
        self._silence = silence

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        program = os.path.basename(self._command[0])
        with VideoProgram(self._command) as child:
            try:
                yield from annexb_live.frames(child.stdout, stop, self._silence)
            except PetcamError as error:
                raise PetcamError(error.code, f"{program}: {error.message}; it {child.end()}") from error
            if not stop.is_set():
                raise PetcamError(Code.BAD_SOURCE, f"{program} {child.end(END_SECONDS)}")
