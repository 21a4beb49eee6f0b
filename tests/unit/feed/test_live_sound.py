"""A network camera's sound: handed from the pictures' thread to the sound's, and placed by the pictures' clock."""

import threading

import pytest

from petcam.errors import PetcamError
from petcam.feed.sources.live_sound import MAX_WAITING, NO_SOUND, PICTURES, REFUSED, LiveSound
from petcam.feed.sources.own_sound import SoundFormat, SoundUnit

pytest.importorskip("av")

PCMA = SoundFormat("pcm_alaw", 8000, "mono", b"")
BEGIN_NS = 3_000_000_000_000
MS = 1_000_000
SILENCE = b"\xd5" * 160
AHEAD_NS = 6_500_000


class Heard:
    """A thread that hears it. ``came`` are the packets; ``error`` is why it ended."""

    def __init__(self, sound):
        self.came, self.error, self.stop = [], None, threading.Event()
        self.changed = threading.Condition()
        self._sound = sound
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            for packet in self._sound.packets(self.stop):
                with self.changed:
                    self.came.append(packet)
                    self.changed.notify_all()
        except PetcamError as error:
            self.error = error

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.came) >= count, 10)
        return self.came

    def end(self):
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def sound():
    return LiveSound("rtsp://camera")


@pytest.fixture
def hear(sound):
    heard = []

    def start():
        heard.append(Heard(sound))
        with sound._changed:  # it takes what comes from now on
            assert sound._changed.wait_for(lambda: sound._is_taken, 10)
        return heard[-1]

    yield start
    for each in heard:
        each.end()


def send(sound, first, count, stamped_off=0, late=20 * MS):
    """Units of 20 ms; each comes when it is over, ``late`` behind its first sample."""
    for number in range(first, first + count):
        at = number * 20 * MS
        sound.put(SoundUnit(SILENCE, at + stamped_off, BEGIN_NS + at + late))


def test_what_comes_is_heard_where_it_was_captured(sound, hear):
    sound.begin(PCMA)
    heard = hear()
    send(sound, 0, 50)
    came = heard.wait_for(49)  # resampling keeps a little back
    assert came[-1].capture_ns == pytest.approx(BEGIN_NS + 48 * 20 * MS - AHEAD_NS, abs=2 * MS)


def test_it_is_placed_by_the_pictures_where_both_have_one_clock(sound, hear):
    sound.begin(PCMA)
    for number in range(PICTURES):
        sound.note_picture(number * 40 * MS, BEGIN_NS - 60 * MS + number * 40 * MS)
    heard = hear()
    send(sound, 0, 50)
    assert heard.wait_for(49)[-1].capture_ns == pytest.approx(BEGIN_NS - 60 * MS + 48 * 20 * MS - AHEAD_NS, abs=2 * MS)


@pytest.mark.parametrize("off", [100_000 * MS, -100_000 * MS, -300 * MS, 80 * MS])
def test_stamps_of_another_clock_are_not_believed(sound, hear, off):
    sound.begin(PCMA)
    for number in range(PICTURES):
        sound.note_picture(number * 40 * MS, BEGIN_NS + number * 40 * MS)
    heard = hear()
    send(sound, 0, 50, stamped_off=off)
    assert heard.wait_for(49)[-1].capture_ns == pytest.approx(BEGIN_NS + 48 * 20 * MS - AHEAD_NS, abs=2 * MS)


@pytest.mark.parametrize(("fault", "said"), [("", NO_SOUND), (REFUSED, REFUSED)])
def test_a_camera_without_sound_says_why(sound, hear, fault, said):
    sound.begin(None, fault)
    heard = Heard(sound)
    heard._thread.join(10)
    assert said in heard.error.message and heard.error.message.startswith("rtsp://camera ")


def test_a_new_connection_may_have_another_kind_of_sound(sound, hear):
    sound.begin(PCMA)
    heard = hear()
    send(sound, 0, 20)
    heard.wait_for(19)
    sound.begin(SoundFormat("pcm_mulaw", 16_000, "mono", b""))
    for number in range(60, 100):
        sound.put(SoundUnit(b"\xff" * 320, number * 20 * MS, BEGIN_NS + number * 20 * MS + 20 * MS))
    came = heard.wait_for(50)
    assert [number for number, packet in enumerate(came[:50]) if packet.discontinuity] == [0, 19]


def test_while_nobody_hears_nothing_is_kept_and_else_not_without_bound(sound):
    sound.begin(PCMA)
    send(sound, 0, 500)
    assert not sound._units
    sound._is_taken = True
    send(sound, 0, 500)
    assert len(sound._units) == MAX_WAITING
