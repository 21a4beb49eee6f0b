"""The sound of a file, in step with its pictures: played over and over with them."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import SoundPacket, Stop
from petcam.feed.sources.own_sound import OwnSound, SoundFormat, SoundUnit
from petcam.feed.timing import Mark, Playhead
from petcam.feed.transcoding import opened, stamp_ns
from petcam.media import pyav

NO_SOUND = "has no sound in it"
NO_DECODER = "has sound of a kind that cannot be decoded"
LATE_NS = 500_000_000  # what was due so long ago is left out
SEEK_NS = 3_000_000_000  # what is further behind is not read through
MAX_WAIT_SECONDS = 0.2  # at once, from look to look where the pictures are


class FileSound:
    """``playhead``: where the file's pictures are, which it follows over each beginning and pause."""

    def __init__(self, path: Path, playhead: Playhead) -> None:
        pyav.load(f"playing {path.name}")
        self.name = f"the sound of {path.name}"
        self._path, self._playhead = path, playhead

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        mark = self._playhead.wait_for_run(0, stop)
        while mark is not None:
            with closing(self._played(mark, stop)) as packets:
                yield from packets
            mark = self._playhead.wait_for_run(mark.run, stop)

    def _played(self, mark: Mark, stop: Stop) -> Generator[SoundPacket, None, None]:
        """Once, until its end, the pictures' next beginning or the stop."""
        with opened(self._path.name, str(self._path)) as pictures:
            stream, sound = self._sound_of(pictures.container)
            own, is_gap = OwnSound(self.name, sound, self._due_ns), True
            for packet in _from(pictures.container, stream, mark):
                media_ns = stamp_ns(packet)
                if packet.size == 0 or media_ns is None:
                    continue
                for heard in own.push(SoundUnit(bytes(packet), media_ns, time.monotonic_ns())):
                    if not self._wait(mark.run, heard.capture_ns, stop):
                        return
                    is_late = time.monotonic_ns() - heard.capture_ns > LATE_NS
                    if not is_late:
                        yield heard._replace(discontinuity=is_gap or heard.discontinuity)
                    is_gap = is_late

    def _sound_of(self, container: Any) -> tuple[Any, SoundFormat]:
        if not container.streams.audio:
            raise PetcamError(Code.BAD_SOURCE, f"{self._path.name} {NO_SOUND}")
        sound = SoundFormat.of(container.streams.audio[0])
        if sound is None:
            raise PetcamError(Code.BAD_SOURCE, f"{self._path.name} {NO_DECODER}")
        return container.streams.audio[0], sound

    def _due_ns(self, media_ns: int | None, lasts_ns: int, arrival_ns: int) -> int:
        mark = self._playhead.newest()
        assert mark is not None and media_ns is not None
        return mark.due_of(media_ns)

    def _wait(self, run: int, due_ns: int, stop: Stop) -> bool:
        """Until it is due. False: the pictures have begun anew meanwhile, or the stop."""
        while True:
            mark = self._playhead.newest()
            if stop.is_set() or mark is None or mark.run != run:
                return False
            left = (due_ns - time.monotonic_ns()) / 1e9
            if left <= 0:
                return True
            stop.wait(min(left, MAX_WAIT_SECONDS))


def _from(container: Any, stream: Any, mark: Mark) -> Iterator[Any]:
    """The packets from about where the pictures are."""
    behind_ns = time.monotonic_ns() - mark.due_of(0)
    if behind_ns > SEEK_NS:
        container.seek(behind_ns // 1000)
    return iter(container.demux(stream))
