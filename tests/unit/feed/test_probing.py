"""What a probe measures in a stream, and what it says of that."""

import random

import pytest

from petcam.commands import probe
from petcam.commands.finding import Finding, Sign
from petcam.feed.probing import Arrivals, Seen, Timestamps
from petcam.feed.sources import About, Decoded, Unit
from tests.h264_bits import pps_of, slice_of, sps_of

MS = 1_000_000
SPS, PPS, IDR, P = sps_of(640, 480, timing=(1, 50)), pps_of(), slice_of("I", idr=True), slice_of()
RTSP = About("rtsp://camera", is_live=True)
STDIN = About("standard input", is_live=True)
WITHOUT_PYAV = About("standard input", is_live=True, can_transcode=False)
FILE = About("film.mp4", is_live=False)
REFRESH = b"\x06\x06\x01\xc4\x80"  # the SEI of a recovery point


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


def said(found: Seen, decoded: Decoded | None = Decoded(250, 0), missed: int = 0) -> dict[str, Finding]:  # noqa: B008
    return {finding.subject: finding for finding in probe.judged(found, decoded, missed)}


def test_of_a_good_camera_each_line_is_ok():
    lines = said(seen())
    assert {finding.sign for finding in lines.values()} == {Sign.OK}, lines
    assert set(lines) == {"source", "codec", "picture", "rate", "keyframes", "arrival", "timestamps", "loss"}
    assert "the first picture came after 0.5 s" in lines["source"].words
    assert lines["codec"].words == "H.264 baseline, level 5.1, without B-frames"
    assert lines["picture"].words == "640×480"
    assert lines["rate"].words == "25.0 pictures/s, 2.0 Mbit/s"
    assert lines["keyframes"].words == "at most 2.0 s apart"
    assert lines["loss"].words == "none of 250 pictures is damaged"


@pytest.mark.parametrize(
    ("found", "subject", "words"),
    [
        (seen(about=About("rtsp://x", True, codec="hevc")), "codec", "set its video encoding (codec) to H.264"),
        (seen(about=About("/dev/video0", True, codec="mjpeg")), "codec", "a camera that makes H.264 itself"),
        (seen(sets=(sps_of(640, 480, profile=77), PPS), picture=slice_of("B")), "codec", "B-frames to 0"),
        (seen(sets=(sps_of(640, 480, interlaced=True), PPS)), "codec", "progressive"),
        (seen(sets=(sps_of(640, 480, profile=88), PPS)), "codec", "set the profile to main or baseline"),
        (seen(fps=12.5), "rate", "12.5 pictures/s, 1.0 Mbit/s, where it says 25; petcam goes by what comes: set"),
        (seen(fps=12.5), "rate", "set its frame rate to 12, or, if it is so in the dark alone, its longest exposure"),
        (seen(fps=30, stamped=30), "rate", "where it says 25; petcam goes by what comes: set its frame rate to 30"),
        (seen(fps=20, stamped=25), "timestamps", "25.0 pictures/s by its clock, where 20.0 come"),
        (seen(size=100_000), "rate", "set its bit rate to"),
        (seen(group=0), "keyframes", "none in 10 s, so nobody can begin to watch or record: set its keyframe interval"),
        (seen(group=9000), "keyframes", "only one in 10 s; whoever comes"),
        (seen(about=STDIN, group=9000), "keyframes", "only one in 10 s; whoever comes"),
        (seen(group=200), "keyframes", "up to 8.0 s apart"),
        (seen(group=200), "keyframes", "(I-frame interval, GOP) to 2 s (50 pictures)"),
        (seen(late_ms=400), "arrival", "use a cable"),
        (seen(about=About("/dev/video0", True), late_ms=400), "arrival", "end other programs"),
    ],
)
def test_what_is_wrong_is_said_with_the_setting_to_change(found, subject, words):
    assert said(found)[subject].sign is Sign.LOOK
    assert words in said(found)[subject].words


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (RTSP, "so petcam transcodes it"),
        (STDIN, "so petcam transcodes it"),
        (WITHOUT_PYAV, "at which browsers and recordings cannot begin"),
        (FILE, "petcam transcodes it"),
    ],
)
def test_a_stream_with_recovery_points_only_is_known_with_what_becomes_of_it(about, words):
    found = seen(group=0, about=about)
    found.add(Unit((SPS, PPS, REFRESH, P), 1, False, -1, -1, 10**10))
    line = said(found)["keyframes"].words
    assert "only recovery points (intra refresh)" in line and words in line and "nobody" not in line


def test_what_browsers_cannot_play_is_bad_where_petcam_cannot_transcode():
    interlaced = (sps_of(640, 480, interlaced=True), PPS)
    line = said(seen(about=WITHOUT_PYAV, sets=interlaced), None)["codec"]
    assert line.sign is Sign.BROKEN and "set the video output" in line.words and "or let petcam transcode" in line.words
    assert said(seen(sets=interlaced))["codec"].sign is Sign.LOOK


def test_pixels_that_are_not_square_are_named_with_what_is_shown():
    found = seen(sets=(sps_of(704, 576, aspect=(16, 11)), PPS))
    words = "704×576, its pixels are not square (16:11): petcam shows it as 1024×576"
    assert (said(found)["picture"].sign, said(found)["picture"].words) == (Sign.OK, words)


@pytest.mark.parametrize(
    ("about", "turns", "sign", "words"),
    [
        (FILE, 1, Sign.LOOK, "640×480, it lies on its side: to show it as 480×640 petcam transcodes it"),
        (FILE, 2, Sign.LOOK, "640×480, it stands on its head: to show it as 640×480 petcam transcodes it"),
        (RTSP, 3, Sign.LOOK, "petcam does not turn what browsers can play: set the picture's rotation in the camera"),
        (About("x", True, "hevc", (640, 480)), 1, Sign.OK, "it lies on its side: petcam shows it as 480×640"),
        (About("x", True, "hevc", (640, 480)), 0, Sign.OK, "640×480"),
    ],
)
def test_pictures_that_lie_on_their_side_are_named_with_what_becomes_of_them(about, turns, sign, words):
    line = said(seen(about=about), Decoded(250, 0, turns))["picture"]
    assert (line.sign, words in line.words) == (sign, True), line


def test_both_oddities_of_a_shape_are_named_at_once():
    found = seen(about=FILE, sets=(sps_of(704, 576, aspect=(16, 11)), PPS))
    line = said(found, Decoded(250, 0, 1))["picture"]
    assert "are not square (16:11) and it lies on its side: to show it as 576×1024" in line.words


def test_a_size_that_changes_is_named():
    found = seen()
    found.add(Unit((sps_of(320, 240), PPS, IDR), 1, True, -1, -1, 10**10))
    assert said(found)["picture"].sign is Sign.LOOK
    assert "its size changes while it runs (640×480, 320×240)" in said(found)["picture"].words


def test_one_damaged_sps_is_no_size_that_changes():
    found = Seen(RTSP, [], 0)
    for size in ((640, 480), (640, 480), (16, 16), (640, 480)):
        found.add(Unit((sps_of(*size), PPS, IDR), 1, True, -1, -1, 10**10))
    assert said(found)["picture"].words == "640×480"


def test_damage_is_the_more_of_what_headers_and_decoder_tell():
    found = seen()
    found.add(Unit((b"\x41\0\0\0",), 1, False, -1, -1, 10**10))
    assert said(found, None)["loss"].words.startswith("1 of 251 pictures is damaged, as far as their headers tell: use")
    assert said(found, Decoded(240, 7))["loss"].words.startswith("7 of 240 pictures are damaged: use a cable")
    assert "3 packets of the network did not come: allow RTP over TCP" in said(seen(), Decoded(250, 0), 3)["loss"].words


def test_sound_is_named_with_the_setting_that_has_it_heard():
    assert probe.check_sound("aac, 16000 Hz").words == "aac, 16000 Hz; camera.microphone: source has it heard"
    assert probe.check_sound("").words == "none"
    assert probe.check_sound(None).words.startswith("it could not be had")


def test_a_camera_that_sends_by_udp_alone_is_known():
    line = said(seen(about=About("rtsp://camera", True, refuses_tcp=True)))["source"]
    assert "by UDP, as it refuses TCP" in line.words


def test_of_two_pictures_nothing_is_made_up():
    lines = said(seen(count=2), None)
    assert lines["keyframes"].words == "1 came"
    assert "to 2 s, and switch" in said(seen(count=2, group=0), None)["keyframes"].words
    assert lines["rate"].sign is Sign.LOOK and "too few pictures" in lines["rate"].words
    assert "arrival" not in lines and "timestamps" not in lines


def test_a_file_has_no_arrivals():
    lines = said(seen(about=FILE))
    assert "arrival" not in lines and lines["source"].words == "film.mp4: 250 pictures were looked at"
    lines = said(seen(about=About("film.h264", is_live=False), stamped=0, sets=(sps_of(640, 480), PPS)), None)
    assert lines["rate"].words == "30.0 pictures/s, 2.4 Mbit/s, as petcam plays a file that says no rate"
    assert lines["keyframes"].words == "at most 1.7 s apart"


def test_of_a_file_no_setting_of_a_camera_is_to_be_changed():
    faulty = seen(about=FILE, sets=(sps_of(640, 480, profile=88), PPS), group=200, size=100_000)
    looks = [line for line in said(faulty, Decoded(250, 0, 1)).values() if line.sign is Sign.LOOK]
    assert [line.subject for line in looks] == ["codec", "rate", "keyframes"]
    for line in looks:
        assert "make it anew: ffmpeg -i FILE -c:v libx264 -bf 0 -g 50" in line.words and "set its" not in line.words


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


def test_many_pictures_that_do_not_come_are_missing_as_well():
    times = [i * 40 * MS for i in range(250) if i % 6 != 3]
    assert Timestamps.of(times, times).missing == 41


def test_a_camera_with_an_uneven_clock_is_not_said_to_lose_pictures():
    times = [i * 40 * MS + (35 * MS if i % 2 else 0) for i in range(250)]
    assert Timestamps.of(times, times).missing == 0


def test_a_stream_without_timestamps_has_none():
    assert Timestamps.of([-1] * 250, None) is None
