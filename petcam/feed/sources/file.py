"""The source FILE: a video that is played over and over, in real time."""

import logging
import threading
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

from petcam.errors import Code, PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.sources import annexb_file
from petcam.feed.sources.file_sound import FileSound
from petcam.feed.timing import PlaybackSchedule, Playhead
from petcam.feed.transcoding import MAX_GROUP_SECONDS, TimedPicture, is_turned, opened, passed_through, transcoded
from petcam.h264 import NotPlayable
from petcam.media import pyav

PROBED_PICTURES = 300  # that are looked at before the first is played: B-frames show up among so many
NO_PICTURE = "has no picture in it"

log = logging.getLogger("petcam.feed")

Pictures = Generator[TimedPicture, None, None]


class FileSource:
    """Passes H.264 that a browser can play live through unchanged; transcodes the rest, and logs why once."""

    restartable = True

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.name = self._path.name
        self._annexb = annexb_file.is_annexb(self._path)
        if not self._annexb:
            pyav.load(f"playing {self.name}")
        self._transcode: bool | None = None  # None: not known yet
        self._playhead = Playhead()

    def sound(self) -> FileSound | None:
        """Its own; None: it can have none."""
        return None if self._annexb else FileSound(self._path, self._playhead)

    def require_picture(self) -> None:
        """Raises ``BAD_SOURCE``, with the file's name, where there is none in it. What is found out is kept."""
        try:
            with closing(self._play_once()) as pictures:
                if next(pictures, None) is None:
                    raise PetcamError(Code.BAD_SOURCE, NO_PICTURE)
        except PetcamError as error:
            raise PetcamError(error.code, f"{self.name}: {error.message}") from error

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        schedule = PlaybackSchedule(stop)
        while True:
            played = False
            self._playhead.begin()
            with closing(self._play_once()) as pictures:
                for picture, media_ns in pictures:
                    due_ns = schedule.wait(media_ns)
                    if stop.is_set():
                        return
                    self._playhead.note(media_ns, due_ns)
                    yield EncodedFrame(picture.data, due_ns, picture.keyframe, picture.width, picture.height)
                    played = True
            if not played:
                raise PetcamError(Code.BAD_SOURCE, NO_PICTURE)

    def _play_once(self) -> Pictures:
        if self._transcode is None:
            self._probe()
        if not self._transcode:
            try:
                yield from self._as_it_is()
                return
            except NotPlayable as reason:  # a later part of the file is unlike its beginning
                self._start_transcoding(reason)
        yield from self._transcoded()

    def _probe(self) -> None:
        try:
            self._require_upright()
            with closing(self._as_it_is()) as pictures:
                keyframes = [picture.keyframe for picture, _ in islice(pictures, PROBED_PICTURES)]
            if not keyframes:
                raise NotPlayable("it has no H.264 that can be decoded")
            if not any(keyframes):
                raise NotPlayable("it has no keyframes")
            self._transcode = False
        except NotPlayable as reason:
            self._start_transcoding(reason)

    def _require_upright(self) -> None:
        """Raises :class:`NotPlayable` where the file says that its pictures have to be turned, as a telephone's do."""
        if self._annexb:
            return
        with opened(self.name, str(self._path)) as stream:
            if is_turned(self.name, stream):
                raise NotPlayable("its pictures lie on their side")

    def _start_transcoding(self, reason: NotPlayable) -> None:
        self._transcode = True
        log.info("%s: a browser cannot play it live as it is: %s; transcoding to H.264 baseline", self.name, reason)

    def _as_it_is(self) -> Pictures:
        if self._annexb:
            yield from _require_keyframes(annexb_file.pictures(self._path))
        else:
            with opened(self.name, str(self._path)) as stream:
                yield from _require_keyframes(passed_through(stream))

    def _transcoded(self) -> Pictures:
        wanted_for = f"transcoding {self.name}"
        with opened(wanted_for, str(self._path)) as stream:
            yield from transcoded(wanted_for, stream)


def _require_keyframes(pictures: Pictures) -> Pictures:
    """Raises :class:`NotPlayable` where viewers and recordings would have to wait too long for one."""
    newest_ns: int | None = None
    for picture, media_ns in pictures:
        newest_ns = media_ns if picture.keyframe else newest_ns
        if newest_ns is not None and media_ns is not None and media_ns - newest_ns > MAX_GROUP_SECONDS * 1e9:
            raise NotPlayable(f"its keyframes are over {MAX_GROUP_SECONDS:g} s apart")
        yield picture, media_ns
