"""What a probe measures in a stream, and what it says of that."""

import random

import pytest

from petcam.commands import probe
from petcam.commands.finding import Finding, Sign
from petcam.feed.probing import Arrivals, Seen, Timestamps
from petcam.feed.sources import About, Unit
from tests.h264_bits import pps_of, slice_of, sps_of

MS = 1_000_000
SPS, PPS, IDR, P = sps_of(640, 480, timing=(1, 50)), pps_of(), slice_of("I", idr=True), slice_of()
RTSP = About("rtsp://camera", is_live=True)


def seen(
    count: int = 250,
    fps: float = 25,
    stamped: float | None = None,
    group: int = 50,
    about: About = RTSP,
    sets: tuple[bytes, ...] = (SPS, PPS),
    picture: bytes = P,
    late_ms: float = 0,
    size: int = 10_000,
) -> Seen:
    """A stream; ``stamped`` is the rate of its timestamps, ``group`` the pictures in one, 0: there are no keyframes."""
    found, chance = Seen(about, [], 0), random.Random(1)
    for i in range(count):
        keyframe = bool(group) and i % group == 0
        nals = (*sets, IDR) if keyframe else (picture,)
        media = round(i * 1e9 / (stamped or fps)) if stamped != 0 else -1
        arrival = round(i * 1e9 / fps + chance.random() * late_ms * MS) + 500 * MS
        found.add(Unit(nals if about.codec == "h264" else (), size, keyframe, media, media, arrival))
    return found


def said(found: Seen, damage: tuple[int, int] | None = (250, 0), missed: int = 0) -> dict[str, Finding]:
    return {finding.subject: finding for finding in probe.judged(found, damage, missed)}


def test_of_a_good_camera_each_line_is_ok():
    lines = said(seen())
    assert {finding.sign for finding in lines.values()} == {Sign.OK}, lines
    assert set(lines) == {"source", "codec", "picture", "rate", "keyframes", "arrival", "timestamps", "loss", "sound"}
    assert "the first picture came after 0.5 s" in lines["source"].words
    assert lines["codec"].words == "H.264 baseline, level 5.1, without B-frames"
    assert lines["picture"].words == "640×480"
    assert lines["rate"].words == "25.0 pictures/s, 2.0 Mbit/s"
    assert lines["keyframes"].words == "at most 2.0 s apart"
    assert lines["loss"].words == "none of 250 pictures is damaged"


@pytest.mark.parametrize(
    ("found", "subject", "words"),
    [
        (seen(about=About("x", True, codec="hevc")), "codec", "set its video encoding (codec) to H.264"),
        (seen(sets=(sps_of(640, 480, profile=77), PPS), picture=slice_of("B")), "codec", "B-frames to 0"),
        (seen(sets=(sps_of(640, 480, interlaced=True), PPS)), "codec", "progressive"),
        (seen(sets=(sps_of(640, 480, profile=88), PPS)), "codec", "set the profile to main or baseline"),
        (seen(fps=12.5), "rate", "12.5 pictures/s, 1.0 Mbit/s, where it says 25; in the dark"),
        (seen(fps=12.5), "rate", "set its frame rate to 12"),
        (seen(fps=30, stamped=30), "rate", "where it says 25; petcam goes by what comes: set its frame rate to 30"),
        (seen(fps=20, stamped=25), "timestamps", "25.0 pictures/s by its clock, where 20.0 come"),
        (seen(size=100_000), "rate", "set its bit rate to"),
        (seen(group=0), "keyframes", "none in 10 s"),
        (seen(group=200), "keyframes", "up to 8.0 s apart"),
        (seen(group=200), "keyframes", "(I-frame interval, GOP) to 2 s (50 pictures)"),
        (seen(late_ms=400), "arrival", "use a cable"),
        (seen(about=About("/dev/video0", True), late_ms=400), "arrival", "end other programs"),
    ],
)
def test_what_is_wrong_is_said_with_the_setting_to_change(found, subject, words):
    assert said(found)[subject].sign is Sign.LOOK
    assert words in said(found)[subject].words


def test_a_stream_with_recovery_points_only_is_known():
    refresh = b"\x06\x06\x01\xc4\x80"
    found = seen(group=0)
    found.add(Unit((SPS, PPS, refresh, P), 1, False, -1, -1, 10**10))
    assert "only recovery points (intra refresh)" in said(found)["keyframes"].words


def test_pixels_that_are_not_square_are_named_with_what_is_shown():
    found = seen(sets=(sps_of(704, 576, aspect=(16, 11)), PPS))
    assert said(found)["picture"].words == "704×576 of pixels 16:11, shown as 1024×576"


def test_a_size_that_changes_is_named():
    found = seen()
    found.add(Unit((sps_of(320, 240), PPS, IDR), 1, True, -1, -1, 10**10))
    assert said(found)["picture"].sign is Sign.LOOK


def test_damage_is_the_more_of_what_headers_and_decoder_tell():
    found = seen()
    found.add(Unit((b"\x41\0\0\0",), 1, False, -1, -1, 10**10))
    assert said(found, None)["loss"].words.startswith("1 of 251 pictures is damaged, as far as their headers tell: use")
    assert said(found, (240, 7))["loss"].words.startswith("7 of 240 pictures are damaged: use a cable")
    assert "3 packets of the network did not come: allow RTP over TCP" in said(seen(), (250, 0), 3)["loss"].words


def test_sound_is_named_though_it_is_not_played():
    words = said(seen(about=About("rtsp://camera", True, sound="aac, 16000 Hz")))["sound"].words
    assert words == "aac, 16000 Hz; petcam does not play it"


def test_of_two_pictures_nothing_is_made_up():
    lines = said(seen(count=2, sets=(sps_of(640, 480), PPS)), None)
    assert lines["rate"].sign is Sign.LOOK and "too few pictures" in lines["rate"].words
    assert "arrival" not in lines and "timestamps" not in lines


def test_a_file_has_no_arrivals():
    lines = said(seen(about=About("film.mp4", is_live=False)), (250, 0))
    assert "arrival" not in lines and lines["source"].words == "film.mp4: 250 pictures were looked at"
    lines = said(seen(about=About("film.h264", is_live=False), stamped=0, sets=(sps_of(640, 480), PPS)), None)
    assert lines["rate"].words == "it does not say; petcam plays 30 pictures/s"


@pytest.mark.parametrize("ratio", [0.5, 0.84, 1, 1.1])
def test_lateness_is_that_of_the_network_whatever_the_rate_of_the_timestamps(ratio):
    chance = random.Random(2)
    stamps = [round(i * 1e9 / 25) for i in range(250)]
    arrivals = [round(stamp / ratio + chance.random() * 20 * MS) for stamp in stamps]
    found = Arrivals.of(arrivals, stamps)
    assert found is not None
    assert found.fps == pytest.approx(25 * ratio, rel=0.01)
    assert 10 * MS < found.late_ns < 25 * MS


def test_what_comes_at_once_at_the_beginning_is_no_lateness():
    arrivals = [0] * 20 + [i * 40 * MS for i in range(1, 231)]
    assert Arrivals.of(arrivals, [i * 40 * MS for i in range(250)]).late_ns < 2 * MS


@pytest.mark.parametrize(
    ("change", "jumps", "missing"),
    [
        (lambda at: 0, 0, 0),
        (lambda at: 1900 * MS if at == 100 else 0, 2, 0),  # one stamp out of place: there and back
        (lambda at: -1500 * MS if at >= 100 else 0, 1, 0),
        (lambda at: 3_600_000 * MS if at >= 100 else 0, 1, 0),
    ],
)
def test_jumps_of_the_clock_are_counted(change, jumps, missing):
    arrivals = [i * 40 * MS for i in range(250)]
    found = Timestamps.of([arrival + change(i) for i, arrival in enumerate(arrivals)], arrivals)
    assert (found.jumps, found.missing, round(found.fps)) == (jumps, missing, 25)


def test_pictures_that_do_not_come_are_missing_and_no_jump():
    times = [i * 40 * MS for i in range(250) if i % 50 != 7 and i not in (100, 101, 102)]
    found = Timestamps.of(times, times)
    assert (found.jumps, found.missing) == (0, 8)


def test_a_camera_with_an_uneven_clock_is_not_said_to_lose_pictures():
    times = [i * 40 * MS + (35 * MS if i % 2 else 0) for i in range(250)]
    assert Timestamps.of(times, times).missing == 0


def test_a_stream_without_timestamps_has_none():
    assert Timestamps.of([-1] * 250, None) is None
