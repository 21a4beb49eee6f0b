"""What ``petcam demo`` prints when it has started."""

import argparse
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from petcam.commands import demo
from petcam.config import parse
from petcam.detect.wanted import Wanted
from tests.ports import free_port

LOG = """\
INFO petcam.feed: rtsp://cam → /petcam_demo_8080_stream
WARNING petcam.feed: rtsp://cam: refuses access (403); tried again in 1 s, later every 30 s at most
WARNING petcam.streamer_client: nothing answers
"""


def test_it_says_why_there_is_no_picture_and_what_a_detector_reads_and_writes(tmp_path, capsys):
    log = tmp_path / "petcam-demo.log"
    log.write_text(LOG)
    config, _ = parse(f"web: {{host: 127.0.0.1, port: {free_port()}}}\ncamera: {{stream: /a, detections: /b}}", "demo")
    demo.announce(config, log)
    no_picture, reason, detector, _ = capsys.readouterr().out.splitlines()
    assert no_picture == f"petcam demo: no picture yet; {log} says why"
    assert reason == LOG.splitlines()[1]
    assert detector == "petcam demo: a detector reads /a and writes /b"


@pytest.mark.parametrize(("words", "mode"), [([], "visits"), (["--record", "manual"], "manual")])
def test_it_records_its_visits_for_a_day_unless_told(tmp_path: Path, words: list[str], mode: str) -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    config, _ = parse(yaml.safe_dump(demo.settings(parser.parse_args(words), tmp_path)), "demo")
    assert (config.recording.mode, config.recording.visit_days, config.recording.always_days) == (mode, 1, 1)


def test_the_segments_of_a_feed_that_was_killed_are_removed(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    settings = demo.settings(parser.parse_args(["--port", str(free_port())]), tmp_path)
    config, _ = parse(yaml.safe_dump(settings), "demo")
    names = (config.camera.stream, config.camera.detections, config.camera.audio)
    left = [Path(f"/dev/shm{name}{suffix}") for name in names for suffix in ("", ".new")]
    assert len(set(left)) == 6
    for file in left[1:]:
        file.touch()
    demo.remove_segments(config)
    assert not any(file.exists() for file in left)


@pytest.mark.parametrize("words", [[], ["--restless"], ["--no-detector", "--detector-every", "3", "--restless"]])
def test_the_options_of_its_source_are_passed_on(tmp_path: Path, monkeypatch, words: list[str]) -> None:
    commands = {}
    monkeypatch.setattr(demo, "Child", lambda name, command, *_: commands.update({name: command}))
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    config, _ = parse("camera: {source: demo}", "demo")
    demo.make_children(parser.parse_args(words), config, tmp_path / "petcam.yaml", Path("/streamer"), None)
    command = commands["petcam feed"]
    assert sorted(command[command.index("feed") + 1 :]) == sorted(words)


@pytest.mark.parametrize(
    ("found", "options", "has_pyav", "looks", "said"),
    [
        (Wanted(Path("/a/pets.onnx")), {}, True, True, ""),
        (Wanted(Path("/a/pets.onnx")), {"no_detector": True}, True, False, ""),
        (Wanted(Path("/a/pets.onnx")), {}, False, False, "looking for pets needs PyAV"),
        (Wanted(None, "no model", is_lack=True), {}, True, False, "make model"),
        (Wanted(None, "the demo knows"), {}, True, False, ""),
    ],
)
def test_it_looks_for_pets_where_it_can_and_says_what_is_missing(
    monkeypatch, capsys, found, options, has_pyav, looks, said
):
    monkeypatch.setattr(demo, "wanted", lambda _: found)
    monkeypatch.setattr(demo.pyav, "is_installed", lambda: has_pyav)
    config, _ = parse("", "demo")
    assert demo.detects(SimpleNamespace(**{"no_detector": False, **options}), config) is looks
    printed = capsys.readouterr().out
    assert said in printed
    assert bool(printed) is bool(said)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], ["petcam feed", "petcam-streamer", "petcam web", "petcam events"]),
        (["--server", "go"], ["petcam feed", "petcam-streamer"]),
    ],
)
def test_where_the_streamer_serves_the_page_nothing_runs_that_needs_petcam_web(
    tmp_path: Path, monkeypatch, words: list[str], wanted: list[str]
) -> None:
    started = []
    monkeypatch.setattr(demo, "Child", lambda name, *_: started.append(name))
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    args = parser.parse_args(words)
    config, _ = parse(yaml.safe_dump(demo.settings(args, tmp_path)), "demo")
    demo.make_children(args, config, tmp_path / "petcam.yaml", Path("/streamer"), None)
    assert started == wanted
