"""The sound of a network camera: it comes with the pictures, in their connection, and is heard on another thread."""

import threading
from collections import deque
from collections.abc import Callable, Generator
from statistics import median

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import SoundPacket, Stop
from petcam.feed.sources.own_sound import OwnSound, SoundFormat, SoundUnit
from petcam.feed.timing import LiveClock

MAX_WAITING = 200  # units that are not heard yet; the oldest are left out, so that the picture never waits
WAIT_SECONDS = 0.1  # from look to look at the stop
NO_SOUND = "has no sound: switch audio on in the camera's settings, or set camera.microphone to a microphone here"
REFUSED = "refuses the connection where sound is asked for: set camera.microphone to a microphone here, or to nothing"
NO_DECODER = "sends sound of a kind that cannot be decoded: set its audio to AAC, G.711 or Opus"
PICTURES = 15  # of which the median counts
# How late a unit may be by the pictures' clock, that this is believed: at first, and once it was.
BELIEVED_NS, STILL_BELIEVED_NS = (-30_000_000, 250_000_000), (-60_000_000, 500_000_000)


class LiveSound:
    """``_changed`` guards all of it: the pictures' thread puts in, the sound's takes out."""

    def __init__(self, name: str) -> None:
        self.name = f"the sound of {name}"
        self._camera = name
        self._changed = threading.Condition()
        self._connection = 0  # its number; 0: there was none yet
        self._format: SoundFormat | None = None
        self._fault = ""  # why the connection has no sound
        self._units: deque[SoundUnit] = deque(maxlen=MAX_WAITING)
        self._offsets: deque[int] = deque(maxlen=PICTURES)  # from media time to capture, of the newest pictures
        self._is_taken = False  # somebody hears; else nothing is kept

    def begin(self, sound: SoundFormat | None, fault: str = "") -> None:
        """A connection has begun."""
        with self._changed:
            self._connection += 1
            self._format, self._fault = sound, fault or ("" if sound else NO_SOUND)
            self._units.clear()
            self._offsets.clear()
            self._changed.notify()

    def put(self, unit: SoundUnit) -> None:
        """What came in that connection. Never waits."""
        with self._changed:
            if self._is_taken:
                self._units.append(unit)
                self._changed.notify()

    def note_picture(self, media_ns: int | None, capture_ns: int) -> None:
        """When a picture was captured: sound that is stamped by the same clock is placed by it."""
        if media_ns is not None:
            with self._changed:
                self._offsets.append(capture_ns - media_ns)

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        with self._changed:
            self._is_taken = True
            self._units.clear()
            self._changed.notify_all()
        try:
            connection = 0
            while not stop.is_set():
                connection, sound = self._next_connection(connection, stop)
                if sound is not None:
                    yield from self._heard(connection, sound, stop)
        finally:
            with self._changed:
                self._is_taken = False
                self._units.clear()

    def _next_connection(self, last: int, stop: Stop) -> tuple[int, SoundFormat | None]:
        """Raises ``BAD_SOURCE`` where the one that is there has no sound."""
        with self._changed:
            while self._connection == last and not stop.is_set():
                self._changed.wait(WAIT_SECONDS)
            if self._connection != last and self._fault:
                raise PetcamError(Code.BAD_SOURCE, f"{self._camera} {self._fault}")
            return self._connection, self._format

    def _heard(self, connection: int, sound: SoundFormat, stop: Stop) -> Generator[SoundPacket, None, None]:
        own = OwnSound(self.name, sound, _Places(self._offset_ns))
        while not stop.is_set():
            with self._changed:
                if self._connection != connection:
                    return
                if not self._units:
                    self._changed.wait(WAIT_SECONDS)
                    continue
                unit = self._units.popleft()
            yield from own.push(unit)

    def _offset_ns(self) -> int | None:
        with self._changed:
            return int(median(self._offsets)) if len(self._offsets) == PICTURES else None


class _Places:
    """When a unit's first sample was captured: by the pictures' clock, where the camera stamps both by one, which shows
    in when it arrives; else by its arrival alone."""

    def __init__(self, offset_ns: Callable[[], int | None]) -> None:
        self._offset_ns = offset_ns
        self._clock = LiveClock()
        self._believed = BELIEVED_NS

    def __call__(self, media_ns: int | None, lasts_ns: int, arrival_ns: int) -> int:
        captured_ns = self._clock.capture_ns(media_ns, arrival_ns) - lasts_ns  # it arrives when its last sample is over
        offset_ns = self._offset_ns()
        if offset_ns is None or media_ns is None:
            return captured_ns
        by_pictures = media_ns + offset_ns
        least, most = self._believed
        is_believed = least <= captured_ns - by_pictures <= most
        self._believed = STILL_BELIEVED_NS if is_believed else BELIEVED_NS
        return by_pictures if is_believed else captured_ns
