"""What a camera has sent since a PLAY, and the thread that sends it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from petcam.h264 import annexb
from tests.zoo.habits import Habits
from tests.zoo.rtp import PCMA, VIDEO, RtpStream
from tests.zoo.schedule import Due, schedule
from tests.zoo.transport import Interleaved, Udp

SILENCE = b"\xd5"  # in PCMA
TONE = b"\xd5\xb5\xac\xb5\x55\x35\x2c\x35"  # of 1 kHz: eight samples
AUDIO_CLOCK = 8000
FIRST_STAMP = 1000  # of the sound; FFmpeg takes 0 for none
BEEP = 800  # samples


@dataclass(frozen=True)
class Sent:
    """One picture."""

    nals: list[bytes]
    taken_ns: int  # CLOCK_MONOTONIC, evenly spaced; it is sent later by the jitter
    is_whole: bool  # none of its packets was lost


@dataclass
class Play:
    """``sent`` is guarded by the camera's ``changed``."""

    began_ns: int  # CLOCK_MONOTONIC
    sent: list[Sent] = field(default_factory=list)

    @property
    def nals(self) -> list[list[bytes]]:
        return [each.nals for each in self.sent]


class Sender:
    """Owns a thread, which ends by ``end``, when the client has gone, or by habit; ``close`` ends the connection."""

    def __init__(
        self,
        habits: Habits,
        units: list[list[bytes]],
        transports: dict[str, Interleaved | Udp],
        changed: threading.Condition,
        close: Callable[[], None],
    ) -> None:
        self._habits, self._units, self._transports, self._changed = habits, units, transports, changed
        self._close = close
        self._video = RtpStream(VIDEO, habits.lost_packets, habits.is_h265, habits.cuts_evenly)
        self._audio = RtpStream(PCMA)
        self._stop = threading.Event()
        self._before = habits.first_stamp  # stamp of the picture before
        self.play = Play(time.monotonic_ns())
        self._thread = threading.Thread(target=self._run, name="zoo sender")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for number, due in enumerate(schedule(self._habits, self._units)):
                if number == self._habits.closes_at:
                    self._close()
                if number == self._habits.hangs_at or self._stop.wait(self._seconds_until(due.at)):
                    return
                self._send(due)
        except OSError:
            pass  # the client has gone

    def _seconds_until(self, at: float) -> float:
        return max(0, at - (time.monotonic_ns() - self.play.began_ns) / 1e9)

    def _send(self, due: Due) -> None:
        packets = self._packets(due)
        whole = [each for each in packets if each is not None]
        taken_ns = self.play.began_ns + round(due.taken * 1e9)
        with self._changed:  # before it is sent, so that nothing can have come that is not in the list
            self.play.sent.append(Sent(due.nals, taken_ns, len(whole) == len(packets)))
            self._changed.notify_all()
        if "video" in self._transports:
            self._transports["video"].send(whole)
        if "audio" in self._transports:
            self._send_audio(due)

    def _packets(self, due: Due) -> list[bytes | None]:
        sets = [nal for nal in due.nals if annexb.nal_type(nal) in (annexb.SPS, annexb.PPS)]
        before, self._before = self._before, due.stamp
        if not self._habits.sets_stamped_before:
            return self._video.packets(due.nals, due.stamp)
        others = [nal for nal in due.nals if nal not in sets]
        return self._video.packets(sets, before) + self._video.packets(others, due.stamp)

    def _send_audio(self, due: Due) -> None:
        """What was heard since the picture before: sound is sent once it is over."""
        end = round(due.taken * AUDIO_CLOCK)
        begin = round((due.taken - 1 / self._habits.fps) * AUDIO_CLOCK)
        if begin < 0:
            return
        packet = self._audio.packet(self._heard(begin, end), FIRST_STAMP + begin, marker=False)
        assert packet is not None
        self._transports["audio"].send([packet])

    def _heard(self, begin: int, end: int) -> bytes:
        is_loud = [self._habits.beeps and at % AUDIO_CLOCK < BEEP for at in range(begin, end)]
        return bytes(TONE[at % 8] if loud else SILENCE[0] for at, loud in zip(range(begin, end), is_loud, strict=True))
