"""``petcam doctor`` and ``petcam-streamer doctor`` say the same of what both look at, in the same situation."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petcam.access import CameraSwitch, SoundSwitch
from petcam.shm.audio import AudioWriter
from petcam.shm.stream import StreamWriter
from petcam.system.streamer_binary import find_streamer
from tests.integration.shm import rdk_daemons
from tests.ports import free_port

OF_PETCAM = ("source", "microphone", "detector", "noticing", "events", "telling", "PyAV")
OF_STREAMER = ("other services",)
KEYFRAME, OTHER = rdk_daemons.KEYFRAME, rdk_daemons.OTHER
CHANGING = re.compile(r"[\d.]+ (?=GiB free|s: lower)|\d{4}-\d\d-\d\d \d\d:\d\d")


class Board:
    def __init__(self, directory: Path, segment: str) -> None:
        self.state, self.recordings, self.segment = directory / "state", directory / "recordings", segment
        self.port, self.streamer_port = free_port(), free_port()
        self._file, self._log = directory / "petcam.yaml", directory / "streamer.log"
        self.state.mkdir()
        self.recordings.mkdir()
        self.configure()

    def configure(
        self,
        web: str = "host: 127.0.0.1",
        streamer: str = "127.0.0.1",
        camera: str = "",
        recording: str = "",
        more: str = "",
    ) -> None:
        self._file.write_text(
            f"web: {{port: {self.port}, {web}}}\n"
            f"streamer: {{host: {streamer}, port: {self.streamer_port}}}\nwebrtc: {{udp_port: {self.streamer_port}}}\n"
            f"camera: {{stream: {self.segment}, detections: {self.segment}_d, audio: {self.segment}_a, {camera}}}\n"
            f"recording: {{{recording or f'directory: {self.recordings}'}}}\n{more}"
        )

    def put(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.state / f"{name}.json").write_text(text)

    @contextlib.contextmanager
    def streamer(self) -> Iterator[None]:
        with self._log.open("wb") as log:
            process = subprocess.Popen(self._command("streamer"), stderr=log, env=self._environment())
        try:
            deadline = time.monotonic() + 20
            while "is ready" not in self._log.read_text():
                assert process.poll() is None and time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)

    def doctors(self) -> tuple[list[str], list[str]]:
        """The lines of both that both have to have; the exit status is right."""
        started = [self._start("petcam"), self._start("petcam-streamer", "doctor")]
        (python, status), (go, status_of_go) = (
            (each.communicate(timeout=60)[0].splitlines(), each.returncode) for each in started
        )
        assert (status, status_of_go) == tuple(int(any(line[0] == "✗" for line in lines)) for lines in (python, go))
        return self._compared(python, OF_PETCAM), self._compared(go, OF_STREAMER)

    def _compared(self, lines: list[str], besides: tuple[str, ...]) -> list[str]:
        """Without the state's folder, which is petcam-web's to try, and without what changes by itself."""
        mine = [line for line in lines if subject(line) not in besides and not line.endswith(f" {self.state}")]
        return [CHANGING.sub("N ", line) for line in mine]

    def _start(self, name: str, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self._command(name), *words], stdout=subprocess.PIPE, text=True, env=self._environment()
        )

    def _command(self, name: str) -> list[str]:
        if name == "petcam":
            return [sys.executable, "-m", "petcam.cli", "--config", str(self._file), "doctor"]
        return [str(find_streamer()), "--config", str(self._file)]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "STATE_DIRECTORY": str(self.state)}


def subject(line: str) -> str:
    return line[8:23].strip()


@contextlib.contextmanager
def again_and_again(publish: Callable[[], object], seconds: float) -> Iterator[None]:
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            publish()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    yield Board(tmp_path, segment)
    for path in Path("/dev/shm").glob(f"{segment[1:]}*"):
        path.unlink()


def said_of(board: Board, *wanted: str) -> str:
    """What both say, which is the same, and has each of ``wanted``."""
    python, go = board.doctors()
    assert go == python
    said = "\n".join(go)
    assert [words for words in wanted if words not in said] == []
    return said


def test_of_a_board_on_which_nothing_runs(board):
    board.configure("host: 0.0.0.0, server: go")
    said_of(board, f"{board.port} is free, petcam is not running", "nothing comes;", "no password is set", "GiB free")


def test_of_what_is_damaged(board):
    board.put(**{name: "{" for name in ("owner", "viewer", "sessions", "viewing_tokens", "first_visit", "sound")})
    board.put(camera="{", settings="{")
    (board.state / "session.key").write_bytes(b"short")
    said_of(board, "✗ bad   camera          is off: ", "owner.json is damaged", "session.key is damaged: it is shorter")


def test_of_ports_that_others_have_and_of_addresses_that_are_not_there(board):
    board.configure("host: 127.0.0.1, tls: auto", streamer="192.0.2.99", more="auth: {mode: none}")
    with socket.create_server(("127.0.0.1", board.port)):
        said_of(
            board, "is taken by another program", "192.0.2.99 (streamer.host) is no address", "for this machine only"
        )
    board.configure("host: 0.0.0.0", more="auth: {mode: none}")
    said_of(board, "everybody who reaches the port sees the camera")


def test_the_streamer_alone_names_its_own_commands(board, tmp_path):
    board.put(camera="{", owner="{")
    program = tmp_path / "bin" / "petcam-streamer"
    program.parent.mkdir()
    shutil.copy(str(find_streamer()), program)
    environment = {"PATH": str(tmp_path), "STATE_DIRECTORY": str(board.state)}
    for server, port in (("python", "nobody serves the page"), ("go", "is free, petcam is not running")):
        board.configure(f"server: {server}")
        words = [program, "--config", tmp_path / "petcam.yaml", "doctor"]
        said = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60).stdout
        assert port in said and "sudo petcam-streamer password" in said and "rm /var/lib/petcam/camera.json" in said
        assert "need the package petcam" in said and "sudo petcam " not in said


@pytest.mark.parametrize("minutes", [0, 60])
def test_of_a_camera_that_its_owner_has_turned_off(board, minutes):
    CameraSwitch(board.state).turn(False, "owner", minutes)
    said_of(board, "turned off at", "to turn it on: sudo petcam camera on")


def test_of_video_that_comes_and_sound_that_is_ended(board):
    board.configure(camera="microphone: default")
    SoundSwitch(board.state).turn(False, "owner")
    with StreamWriter(board.segment) as writer:
        writer.publish(KEYFRAME, capture_ns=time.monotonic_ns(), keyframe=True, width=640, height=480)
        said_of(board, f"{board.segment}: 640×480, frame 0", "ended by the owner since")


def test_of_video_without_keyframes_and_of_a_microphone_that_is_not_heard(board):
    board.configure(camera="microphone: default")
    with StreamWriter(board.segment) as writer:

        def publish() -> None:
            writer.publish(OTHER, capture_ns=time.monotonic_ns(), keyframe=False, width=640, height=480)

        with again_and_again(publish, 0.1):
            said_of(board, "no keyframe for N s: lower", "nothing is heard by camera.microphone (default)")


def test_of_sound_that_is_heard(board):
    board.configure(camera="microphone: default")
    with AudioWriter(f"{board.segment}_a") as writer:

        def publish() -> None:
            writer.publish(b"\xf8\xff\xfe", capture_ns=time.monotonic_ns(), rms_db=-40.2, peak_db=-20.7)

        with again_and_again(publish, 0.02):
            said_of(board, "-40 dBFS, peaks -21 is heard")


@pytest.mark.parametrize("layout", ["petcam", "rdk-x5"])
def test_of_a_segment_of_the_other_layout(board, layout):
    board.configure(camera=f"layout: {layout}")
    if layout == "petcam":
        with rdk_daemons.Ring(board.segment):
            said_of(board, "set camera.layout to rdk-x5")
        return
    said_of(board, "is not there; is the board's daemon running")
    with rdk_daemons.Ring(board.segment):
        said_of(board, "nothing comes; is the board's daemon running?")


@pytest.mark.parametrize("path", ["/sys/kernel", "/nowhere/films", "/proc"])
def test_of_folders_in_which_nothing_can_be_written(board, path):
    board.configure(recording=f"directory: {path}")
    said_of(board, f"{path}")


def test_of_a_streamer_that_runs_with_its_certificate_and_its_faults(board):
    board.configure(
        f"host: 127.0.0.1, tls: auto, tls_port: {free_port()}", recording=f"mode: visits, directory: {board.recordings}"
    )
    (board.state / "viewing_tokens.json").write_text(json.dumps({"damaged": True}))
    with board.streamer():
        said_of(board, "petcam answers", "certificate SHA-256", "no viewing token is good")
