"""Says to those who listen to the detector's results how loud it is at the camera, some times a second."""

import logging
import time

from petcam.shm.reading import ReadingLoop
from petcam.web.http import MAX_AGE_SECONDS, Feed, Subscribers
from petcam.web.sound.ear import OpenReader, Packet, Reader
from petcam.web.sound.loudness import loudness, serialise
from petcam.web.sound.sound import Sound

PACE_SECONDS = 0.2  # from one level to the next; ten packets
MOST_PACKETS = 64  # of one level: a reader that fell behind has no use for more

_log = logging.getLogger(__name__)


class LevelFeed(Feed):
    """Reads the segment only while somebody listens and sound is on. ``open_reader`` is called again after an error."""

    def __init__(self, sound: Sound, subscribers: Subscribers, open_reader: OpenReader) -> None:
        super().__init__("levels", subscribers)
        self._sound, self._open_reader = sound, open_reader

    def _run(self) -> None:
        ReadingLoop("levels", _log).run(self._read, self.ended.is_set, self._pause)

    def _read(self) -> None:
        """While somebody listens. The next one gets a new reader: nothing is to be read that came in between."""
        if not self._is_wanted():
            return
        with self._open_reader() as reader:
            while self._is_wanted() and not self.ended.is_set():
                self._pause(PACE_SECONDS)  # not a wake-up for each packet
                heard = _fresh_packets(reader)
                if heard and self._sound.is_on():
                    self.subscribers.tell(serialise(loudness(heard)))


def _fresh_packets(reader: Reader) -> list[Packet]:
    """Those that have come since the last look."""
    found = []
    oldest = time.monotonic_ns() - MAX_AGE_SECONDS * 1e9
    for _ in range(MOST_PACKETS):
        packet = reader.read(0)
        if packet is None:
            break
        if packet.publish_ns >= oldest:
            found.append(packet)
    return found
