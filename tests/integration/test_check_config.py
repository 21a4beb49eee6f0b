"""``petcam check-config`` and ``petcam-streamer check-config`` say the same of the same file, and end alike."""

import logging
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from petcam import cli
from petcam.system.streamer_binary import find_streamer

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "config-cases.yaml").read_text(encoding="utf-8")
)
OF_LIBRARY = re.compile(r"(: line \d+)?: is not YAML: .*")
TEXTS = [
    *(each["yaml"] * each.get("times", 1) for each in CASES),
    *(
        "web: {server: go}",
        "web: {server: go}\nwebrtc: {backend: python}\n",
        "web:\n  prot: 1\n  newer: 1\n  hots: [a]\n",
    ),
    *(f"camera: {{source: {word}}}" for word in ("demo", "rpicam", "webcam", "'-'", "/dev/null", "/srv/no/cat.mp4")),
    *(f"camera: {{source: '{word}'}}" for word in ("rtsp://cat:pass@cam/1", "RTSPS://cam", "rtsp://[::1]:554/a")),
    *(f"camera: {{source: '{word}'}}" for word in ("rtsp://cat:a/b@cam/", "rtsp://cat@cam/a?b=@", "rtsp://:554/a")),
    *(f"camera: {{source: '{word}'}}" for word in ("rtsp://cat@", "rtsp://cam:99999/", "rtsp://[::1", "rtsp://cam:/")),
    *(f"recording: {{directory: {path}}}" for path in ("/home/pi/films", "/var/tmp", "/srv/../root/films", "/homes")),
    "web: {tls: files, tls_cert: /run/user/1000/x, tls_key: /tmp/LINK/x}",
    "camera: {source: /home/pi/cat.mp4}\nrecording: {directory: /tmp/films}\n",
]


def of_python(file: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> tuple[Any, ...]:
    status = cli.main(["check-config", str(file)])
    said = capsys.readouterr()
    logged = [f"{each.levelname} {each.name}: {each.message}" for each in caplog.records]
    return status, said.out, [*logged, *(line.removeprefix("petcam: ") for line in said.err.splitlines())]


def of_streamer(file: Path) -> tuple[Any, ...]:
    done = subprocess.run([str(find_streamer()), "check-config", file], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, [each.removeprefix("petcam-streamer: ") for each in done.stderr.splitlines()]


def without_library(found: tuple[Any, ...]) -> tuple[Any, ...]:
    status, output, lines = found
    return status, output, [OF_LIBRARY.sub(": is not YAML", line) for line in lines]


@pytest.mark.parametrize("text", TEXTS, ids=map(str, range(len(TEXTS))))
def test_both_say_the_same_of_a_file(text, tmp_path, caplog, capsys):
    file = tmp_path / "petcam.yaml"
    (tmp_path / "home").symlink_to("/home/pi")
    file.write_text(text.replace("/tmp/LINK", str(tmp_path / "home")))
    with caplog.at_level(logging.INFO):
        found = of_python(file, caplog, capsys)
    assert without_library(of_streamer(file)) == without_library(found)


def test_both_say_the_same_of_no_file(tmp_path, caplog, capsys):
    for name in ("absent.yaml", "."):
        assert of_streamer(tmp_path / name) == of_python(tmp_path / name, caplog, capsys)
