"""Standard input and rpicam through `petcam feed` into real shared memory; neither needs PyAV."""

import os
import stat
import subprocess
import sys

import pytest

from petcam.h264 import annexb

STAND_IN = """#!{python}
import os, sys, time
clip = open({clip!r}, "rb").read()
open({arguments!r}, "a").write(" ".join(sys.argv[1:]) + "\\n")
open({pids!r}, "a").write(str(os.getpid()) + "\\n")
sys.stderr.write("Camera started\\n")
sys.stderr.flush()
out = os.fdopen(1, "wb", 0)
{behaviour}
"""
FOREVER = "while True:\n    out.write(clip)\n    time.sleep(0.2)"
FAILS = "out.write(clip); sys.exit('ERROR: *** the camera came loose ***')"
HANGS = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nout.write(clip); time.sleep(600)"


@pytest.fixture
def camera(tmp_path, clip):
    """Puts a stand-in for rpicam-vid on a PATH of its own; gives that PATH and the files it writes into."""

    def install(behaviour, program="rpicam-vid"):
        files = {name: tmp_path / name for name in ("arguments", "pids")}
        names = {name: str(path) for name, path in files.items()}
        script = STAND_IN.format(python=sys.executable, clip=str(clip(".h264")), behaviour=behaviour, **names)
        (tmp_path / "bin").mkdir(exist_ok=True)
        path = tmp_path / "bin" / program
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(tmp_path / "bin"), files

    return install


def started(files) -> list[int]:
    return [int(pid) for pid in files["pids"].read_text().split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def test_rpicam_is_run_with_the_options_that_browsers_need_and_ended_with_the_feed(feed, camera):
    path, files = camera(FOREVER)
    run = feed("rpicam", path=path)
    units = run.read(45)
    assert units[0].keyframe and units[0].width == 160
    assert run.stop() == 0
    arguments = files["arguments"].read_text()
    for option in ("--codec h264", "--inline", "--profile baseline", "--intra 30", "--flush", "--timeout 0"):
        assert option in arguments
    assert not any(alive(pid) for pid in started(files))
    assert run.segments() == []


def test_libcamera_vid_is_run_where_there_is_no_rpicam_vid(feed, camera):
    path, _ = camera(FOREVER, "libcamera-vid")
    assert feed("rpicam", path=path).read(5)


def test_a_camera_program_that_exits_is_started_again_and_its_last_log_line_is_logged_once(feed, camera):
    path, files = camera(FAILS)
    run = feed("rpicam", path=path)
    said = run.wait_for("came loose")
    assert "status 1" in said
    units = run.read(41)  # of three runs
    assert sum(unit.discontinuity for unit in units) >= 2
    assert len([line for line in run.log if "came loose" in line]) == 1
    assert run.stop() == 0
    assert not any(alive(pid) for pid in started(files))


def test_a_camera_program_that_falls_silent_and_ignores_sigterm_is_ended_and_started_again(feed, camera):
    path, files = camera(HANGS)
    run = feed("rpicam", path=path)
    assert "nothing came for 5 s" in run.wait_for("rpicam-vid: ")
    units = run.read(21)
    assert run.stop() == 0
    assert sum(unit.discontinuity for unit in units) >= 1
    assert not any(alive(pid) for pid in started(files))


def test_no_camera_program_is_a_clear_error(feed, tmp_path):
    run = feed("rpicam", path=str(tmp_path))
    assert run.wait() == 1
    assert "rpicam-vid or libcamera-vid" in run.log[-1] and "rpicam-apps" in run.log[-1]


def test_standard_input_is_published_as_it_comes_and_the_feed_ends_with_it(feed, clip):
    run = feed("-", stdin=subprocess.PIPE)
    data = clip(".h264").read_bytes()
    os.write(run.process.stdin.fileno(), data + data[:200])  # a picture is whole when the next one begins
    units = run.read(10)
    nals = [nal for unit in units for nal in annexb.nal_units(unit.data)]
    sent = list(annexb.nal_units(data))
    # A reader begins at the newest keyframe of those that have been published by then.
    assert nals in [sent[i : i + len(nals)] for i in range(len(sent))]
    run.process.stdin.close()
    assert run.wait() == 0
    assert run.wait_for("standard input: has ended")
    assert run.segments() == []


def test_a_picture_on_standard_input_does_not_wait_for_the_next(feed, clip):
    data = clip(".h264").read_bytes()
    splitter = annexb.Splitter()
    first = annexb.join(splitter.push(data)[0])
    run = feed("-", stdin=subprocess.PIPE)
    os.write(run.process.stdin.fileno(), first)
    assert [unit.data for unit in run.read(1)] == [first]


def test_b_frames_on_standard_input_are_transcoded(feed, clip):
    run = feed("-", stdin=subprocess.PIPE)
    os.write(run.process.stdin.fileno(), clip(".h264", b_frames=2).read_bytes())
    assert "transcoding to H.264 baseline" in run.wait_for("it has B-frames")
    assert run.read(5)[0].keyframe
    run.process.stdin.close()
    assert run.wait() == 0


def test_standard_input_and_annexb_files_need_no_pyav(clip):
    script = (
        "import sys; sys.modules['av'] = None; from petcam.feed import sources; import threading\n"
        "for word in sys.argv[1:]:\n"
        "    source = sources.find(word, '/none', 0)\n"
        "    print(len(next(source.frames(threading.Event())).data) > 0)\n"
    )
    with clip(".h264").open("rb") as file:
        result = subprocess.run(
            [sys.executable, "-c", script, "-", str(clip(".h264"))],
            stdin=file,
            capture_output=True,
            text=True,
            check=True,
        )
    assert result.stdout == "True\nTrue\n"


@pytest.mark.parametrize("word", ["demo", "CLIP", "rtsp://127.0.0.1/x"])
def test_without_pyav_the_other_sources_name_the_remedy(clip, word):
    script = "import sys; sys.modules['av'] = None; from petcam.cli import main; sys.exit(main(sys.argv[1:]))"
    word = word.replace("CLIP", str(clip(".mp4")))
    result = subprocess.run([sys.executable, "-c", script, "feed", word], capture_output=True, text=True)
    assert result.returncode == 1
    assert "python3-av" in result.stderr
    assert "Traceback" not in result.stderr
