"""petcam-events as a process, its detector's results in real shared memory: who is told, over kills and hangs."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from petcam.errors import PetcamError
from petcam.events.control_client import ControlClient
from petcam.settings import SettingsFile
from petcam.shm.detections import DetectionWriter
from petcam.system.control_socket import ControlSocket
from petcam.web_control import FILE_NAME
from tests.unit.telling.receiver import Receiver, hangs

TOP = Path(__file__).parents[3]
COMMAND = "import sys; from petcam.cli import main; sys.exit(main())"
PICTURE = b"\xff\xd8the best picture"
PATIENCE = 60.0  # seconds, for a busy machine


class Detector:
    """Publishes ten results a second, of whatever is there."""

    def __init__(self, segment: str) -> None:
        self.there: tuple[str, ...] = ()
        self._writer = DetectionWriter(segment)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        step = 0
        while not self._ending.wait(0.1):
            step += 1
            boxes = [(name, 0.9, 20 + 12 * (step % 40), 40 + 150 * n, 90, 80) for n, name in enumerate(self.there)]
            frame = SimpleNamespace(frame_number=step, capture_ns=time.monotonic_ns(), width=640, height=360)
            self._writer.publish(frame, boxes)


class Board:
    def __init__(self, folder: Path, segment: str) -> None:
        self.state, self._web, self._segment = folder / "events", folder / "web", segment
        self._config = folder / "petcam.yaml"
        self.state.mkdir()
        self._web.mkdir()
        self.settings = SettingsFile(self._web)
        self.client = ControlClient(self.state / "control")
        self._asked: list[int] = []
        self._control = ControlSocket(self._web / FILE_NAME, "petcam-web", self._answer)
        self._control.start()
        self._process: subprocess.Popen[bytes] | None = None

    def _answer(self, asked: dict, _deadline: float) -> dict:
        number = asked["id"] if asked["do"] == "moment" else 0
        picture = base64.b64encode(PICTURE).decode()
        return {"page": f"http://board/visits/{number}", "mute": "http://board/mute/abc", "picture": picture}

    def start(self, *urls: str) -> None:
        if urls:
            lines = f"camera: {{detections: {self._segment}}}\nevents: {{gap_seconds: 1}}\n"
            self._config.write_text(f"{lines}notify: {{webhook: '{urls[0]}', urls: {list(urls[1:])}}}\n")
        environment = {
            **{name: value for name, value in os.environ.items() if name != "RUNTIME_DIRECTORY"},
            **{"STATE_DIRECTORY": str(self.state), "PETCAM_WEB_STATE": str(self._web)},
            **{"PYTHONPATH": str(TOP), "GO_SERVER_URL": "http://127.0.0.1:9", "LC_ALL": "ja_JP.UTF-8"},
        }
        command = [sys.executable, "-c", COMMAND, "--config", str(self._config), "events"]
        self._process = subprocess.Popen(command, env=environment)
        wait_for(self.is_up)

    def is_up(self) -> bool:
        try:
            return self.client.ways() is not None
        except PetcamError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        code, self._process = self._process.wait(PATIENCE), None
        return code

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
        self._control.close()


def wait_for(is_so) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def segment() -> str:
    return f"/petcam_telling_{secrets.token_hex(6)}"


@pytest.fixture
def detector(segment: str) -> Iterator[Detector]:
    with closing(Detector(segment)) as found:
        yield found


@pytest.fixture
def board(tmp_path: Path, segment: str) -> Iterator[Board]:
    with closing(Board(tmp_path, segment)) as found:
        yield found


@contextmanager
def two() -> Iterator[tuple[Receiver, Receiver]]:
    with Receiver() as one, Receiver() as other:
        yield one, other


def test_a_visit_is_told_once_with_its_picture_and_a_kill_tells_it_no_second_time(
    board: Board, detector: Detector
) -> None:
    with Receiver() as receiver:
        board.start(receiver.url)
        detector.there = ("cat",)
        (got,) = receiver.wait(1, PATIENCE)
        assert got.json["title"] == "猫が来ました"
        assert base64.b64decode(got.json["picture"]["base64"]) == PICTURE
        (event,) = got.json["events"]
        assert got.json["link"] == f"http://board/visits/{event['id']}"
        assert abs(time.time() - event["begin"]) < PATIENCE

        board.end(signal.SIGKILL)
        board.start()
        wait_for(lambda: "cat" in board.client.state().status)
        detector.there = ("cat", "rabbit")  # who comes now is told, and nothing else
        assert [each.json["title"] for each in receiver.wait(2, PATIENCE)[1:]] == ["ウサギが来ました"]
        detector.there = ()
        wait_for(lambda: board.client.state().status == "nobody there")
        assert board.end() == 0
        assert len(receiver.got) == 2


def test_what_hangs_and_what_is_not_there_holds_up_neither_noticing_nor_others(
    board: Board, detector: Detector
) -> None:
    with two() as (hanging, well):
        hanging.habit = hangs
        board.start(hanging.url, well.ntfy, "ntfy://nobody.invalid/cats")
        detector.there = ("cat",)
        well.wait(1, PATIENCE)
        hanging.wait(1, PATIENCE)
        detector.there = ("cat", "rabbit")
        well.wait(2, PATIENCE)
        wait_for(lambda: (board.client.ways() or {})["ntfy://nobody.invalid"]["failing_since"])
        ways = board.client.ways() or {}
        assert "its name is not known (DNS)" in ways["ntfy://nobody.invalid"]["error"]
        assert ways["ntfy://nobody.invalid"]["waiting"] == 2 and ways["ntfy://127.0.0.1"]["failing_since"] is None
        assert "cat since" in board.client.state().status and "rabbit since" in board.client.state().status
        assert board.end() == 0


def test_what_the_family_sets_holds_at_once(board: Board, detector: Detector) -> None:
    with Receiver() as receiver:
        board.settings.change({"notify": {"classes": ["rabbit"]}, "language": "en"})
        board.start(receiver.url)
        detector.there = ("cat",)
        wait_for(lambda: "cat" in board.client.state().status)
        detector.there = ("cat", "rabbit")
        assert [got.json["title"] for got in receiver.wait(1, PATIENCE)] == ["The rabbit is here"]
        assert board.end() == 0
        assert len(receiver.got) == 1
