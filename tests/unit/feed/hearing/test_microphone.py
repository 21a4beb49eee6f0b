"""A microphone: capture times by its own stamps, and what goes wrong with it."""

import errno

import numpy as np
import pytest

from petcam.errors import PetcamError
from petcam.feed.hearing import Microphone
from petcam.feed.hearing.microphone import SILENT_LOOKS
from tests.unit.feed.hearing.cards import BEGIN_NS, Event, SimulatedCard, tone

AHEAD_NS = 6_500_000  # by which an encoder looks ahead


def heard(card):
    """The packets until it fails, and why it did."""
    packets = []
    with pytest.raises(PetcamError) as failed:
        for packet in Microphone("test", lambda name: card).packets(Event()):
            packets.append(packet)
    assert card.closed == 1
    return packets, failed.value.message


def test_a_card_that_is_200_ppm_fast_is_followed_and_no_sample_is_stretched():
    card = SimulatedCard(reads=3000, ppm=200, jitter_ns=500_000)
    packets, _ = heard(card)
    assert len(packets) == 3000
    places = [card.true_ns(number * 960) - AHEAD_NS for number in range(len(packets))]
    off = [packet.capture_ns - place for packet, place in zip(packets, places, strict=True)]
    assert max(map(abs, off[50:])) < 500_000
    assert sum(packet.discontinuity for packet in packets) == 1
    assert places[-1] - BEGIN_NS < (len(packets) - 1) * 20_000_000 - 10_000_000  # a clock by samples would be off


def test_silence_for_minutes_is_sound_too():
    packets, _ = heard(SimulatedCard(reads=50 * 180, samples=lambda *_: np.zeros((960, 1), np.int16)))
    assert len(packets) == 50 * 180 and {packet.rms_db for packet in packets} == {-96.0}
    assert sum(packet.discontinuity for packet in packets) == 1


def test_one_that_is_unplugged_says_so():
    packets, why = heard(SimulatedCard(reads=100))
    assert len(packets) == 100 and why == "the microphone test was unplugged"


def test_samples_that_a_busy_machine_lost_are_a_gap_and_times_stay_true():
    card = SimulatedCard(reads=200, script={100: OSError(errno.EPIPE, "overrun"), 101: 48_000})
    packets, _ = heard(card)
    assert card.restarts == 1
    (gap,) = [number for number, packet in enumerate(packets) if packet.discontinuity and number]
    assert packets[gap].capture_ns - packets[gap - 1].capture_ns > 1_000_000_000
    assert packets[gap].capture_ns == pytest.approx(card.true_ns(100 * 960 + 48_000) - AHEAD_NS, abs=100_000)


def test_samples_that_are_missing_without_a_word_are_found_by_the_stamps():
    card = SimulatedCard(reads=200, script={100: 9600})
    packets, _ = heard(card)
    assert sum(packet.discontinuity for packet in packets) == 2
    assert packets[-1].capture_ns == pytest.approx(card.true_ns(199 * 960 + 9600), abs=30_000_000)
    assert all(a.capture_ns < b.capture_ns for a, b in zip(packets, packets[1:], strict=False))


def test_one_that_cannot_be_started_again_was_unplugged():
    card = SimulatedCard(reads=200, script={10: OSError(errno.ESTRPIPE, "asleep")})
    card.restart = lambda: (_ for _ in ()).throw(OSError(errno.ENODEV, "gone"))
    assert heard(card)[1] == "the microphone test was unplugged"


def test_one_that_only_overruns_is_not_started_for_ever():
    overrun = OSError(errno.EPIPE, "overrun")
    card = SimulatedCard(reads=2000, script=dict.fromkeys(range(20, 2000), overrun))
    assert "gives no samples" in heard(card)[1] and card.restarts < 50


def test_one_that_gives_nothing_is_said_and_not_waited_for_for_ever():
    script = dict.fromkeys(range(20, 20 + SILENT_LOOKS))
    packets, why = heard(SimulatedCard(reads=200, script=script))
    assert len(packets) == 20 and "gives no samples" in why


def test_pauses_that_end_are_nothing():
    packets, _ = heard(SimulatedCard(reads=200, script=dict.fromkeys(range(20, 18 + SILENT_LOOKS))))
    assert len(packets) > 100


def test_what_is_faster_than_time_is_no_sound_card():
    card = SimulatedCard(reads=2000)
    card.true_ns = lambda sample: BEGIN_NS + sample
    _, why = heard(card)
    assert "no sound card" in why


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EBUSY, "the microphone test is in use by another program"),
        (errno.ENOENT, "the microphone test is not there"),
        (errno.ENODEV, "the microphone test is not there"),
        (errno.EACCES, "the microphone test may not be opened"),
        (errno.EIO, "the microphone test cannot be opened"),
    ],
)
def test_why_one_cannot_be_opened_is_said_with_the_remedy(number, words):
    def refuse(name):
        raise OSError(number, "refused")

    with pytest.raises(PetcamError, match=words):
        next(Microphone("test", refuse).packets(Event()))


def test_stereo_of_another_rate_is_taken():
    packets, _ = heard(SimulatedCard(reads=100, rate=44_100, channels=2, samples=tone))
    assert len(packets) >= 97
    assert packets[10].rms_db == pytest.approx(-15.3, abs=0.3)


def test_the_stop_closes_the_card():
    card, stop = SimulatedCard(reads=1000), Event()
    for _ in Microphone("test", lambda name: card).packets(stop):
        stop.set()
    assert card.closed == 1
