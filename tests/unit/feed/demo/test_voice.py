"""The demo's sound: its cat is heard when it is there, and what it does, at the very moment."""

import threading
import time

import numpy as np
import pytest

from petcam.feed.demo.sound import DemoSound
from petcam.feed.demo.voice import FRAME_SAMPLES, MEOW_FRAME, Voice
from petcam.feed.demo.walk import FPS, RESTLESS_ROUND_FRAMES, ROUND_FRAMES, Activity, pet_state
from petcam.feed.hearing import levels
from petcam.feed.timing import Playhead

NS = 1_000_000_000


@pytest.fixture(scope="module")
def voice():
    return Voice()


def frames(wanted):
    """Those of a round in which the cat does that, and has for a second."""
    states = [pet_state(frame) for frame in range(ROUND_FRAMES)]
    return [n for n, state in enumerate(states) if state.activity is wanted and state.frame > FPS]


def loud(voice, frame, count=6):
    return levels(np.concatenate([voice.samples((frame + n) * FRAME_SAMPLES, FRAME_SAMPLES) for n in range(count)]))


def test_it_purrs_where_it_sleeps_and_the_room_is_quiet_where_it_is_away(voice):
    sleeping, away = frames(Activity.SLEEP)[100], frames(Activity.AWAY)[-10]
    assert loud(voice, sleeping, 102)[0] > -55 and loud(voice, away, 102)[0] < -65


def test_it_meows_once_it_has_sat_down_and_no_frame_sooner(voice):
    sat = next(frame for frame in range(ROUND_FRAMES) if pet_state(frame).activity is Activity.SIT)
    assert loud(voice, sat + MEOW_FRAME - 3, 3)[1] < -25
    assert loud(voice, sat + MEOW_FRAME, 12)[1] > -20


def test_it_is_calm(voice):
    peaks = [loud(voice, frame, 3)[1] for frame in range(0, ROUND_FRAMES, 3)]
    assert max(peaks) < -12


def test_it_never_jumps_from_block_to_block(voice):
    """Blocks of 20 ms do not end where frames do."""
    sleeping = frames(Activity.SLEEP)[0] * FRAME_SAMPLES
    whole = np.concatenate([voice.samples(sleeping + at, 320) for at in range(0, 48_000, 320)]).astype(int)
    cut = np.concatenate([voice.samples(sleeping + at, 960) for at in range(0, 48_000, 960)]).astype(int)
    assert np.abs(whole - cut).max() <= 60


def test_a_restless_cat_meows_as_its_picture_shows():
    restless = Voice(restless=True)
    sat = [n for n in range(RESTLESS_ROUND_FRAMES) if pet_state(n, True) == pet_state(n, True)]
    sat = [n for n in sat if pet_state(n, True).activity is Activity.SIT and pet_state(n, True).frame == MEOW_FRAME]
    assert sat and all(loud(restless, frame, 12)[1] > -20 for frame in sat)


def test_its_packets_are_in_step_with_the_pictures():
    playhead, stop = Playhead(), threading.Event()
    playhead.begin()
    began_ns = time.monotonic_ns()
    playhead.note(3 * NS, began_ns + 3 * NS)
    packets = DemoSound(playhead, restless=False).packets(stop)
    came = [next(packets) for _ in range(5)]
    packets.close()
    assert came[0].discontinuity and not any(packet.discontinuity for packet in came[1:])
    grid = {(packet.capture_ns - began_ns) % 20_000_000 for packet in came}
    assert max(grid) - min(grid) <= 2
    assert all(
        b.capture_ns - a.capture_ns in range(19_999_998, 20_000_003) for a, b in zip(came, came[1:], strict=False)
    )


def test_it_begins_anew_with_the_pictures():
    playhead, stop = Playhead(), threading.Event()
    playhead.begin()
    playhead.note(0, time.monotonic_ns())
    packets = DemoSound(playhead, restless=False).packets(stop)
    next(packets), next(packets)
    playhead.begin()
    later = time.monotonic_ns() + NS // 20
    playhead.note(0, later)
    came = next(packet for packet in packets if packet.discontinuity)
    assert came.capture_ns - later in range(-6_500_001, 500_000_000)
    packets.close()
