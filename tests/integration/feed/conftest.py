"""`petcam feed` as a process of its own, on segments of its own; and clips to feed it with."""

import contextlib
import os
import secrets
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from petcam.shm.audio import AudioPacket, AudioReader
from petcam.shm.stream import AccessUnit, StreamReader

TIMEOUT_SECONDS = 30.0  # for whatever must come


class Feed:
    """One run of ``module``, which is petcam. ``log`` gathers its log lines; ``stop`` ends it by SIGTERM and gives its
    exit status."""

    def __init__(
        self,
        directory: Path,
        words: tuple[str, ...],
        stdin: int | None,
        path: str | None,
        module: str = "petcam.cli",
        microphone: str = "",
        like: "Feed | None" = None,
        **environment: str,
    ) -> None:
        """``like``: on the segments of that one."""
        tag = like.stream if like else f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
        self.stream, self.detections, self.audio = tag, f"{tag}_d", f"{tag}_a"
        config = directory / f"{secrets.token_hex(4)}.yaml"
        names = f"stream: {self.stream}, detections: {self.detections}, audio: {self.audio}"
        config.write_text(f'camera: {{{names}, microphone: "{microphone}"}}\n')
        command = [sys.executable, "-m", module, "feed", "--config", str(config), *words]
        environment = {**os.environ, **({"PATH": path} if path is not None else {}), **environment}
        self.process = subprocess.Popen(command, stdin=stdin, stderr=subprocess.PIPE, text=True, env=environment)
        self.log: list[str] = []
        self._line_came = threading.Condition()  # guards `log`
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def read(self, count: int) -> list[AccessUnit]:
        """The next ``count`` access units."""
        with StreamReader(self.stream) as reader:
            units = []
            while len(units) < count:
                unit = reader.read(TIMEOUT_SECONDS)
                assert unit is not None, f"no access unit came; the log: {self.log}"
                units.append(unit)
        return units

    def hear(self, count: int) -> list[AudioPacket]:
        """The next ``count`` packets of sound."""
        with AudioReader(self.audio) as reader:
            packets = []
            while len(packets) < count:
                packet = reader.read(TIMEOUT_SECONDS)
                assert packet is not None, f"no sound came; the log: {self.log}"
                packets.append(packet)
        return packets

    def wait_for(self, text: str) -> str:
        """The first log line with ``text`` in it."""
        with self._line_came:
            found = self._line_came.wait_for(lambda: [line for line in self.log if text in line], TIMEOUT_SECONDS)
        assert found, f"{text!r} was not logged: {self.log}"
        return found[0]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(TIMEOUT_SECONDS)
        self._listener.join(TIMEOUT_SECONDS)
        return status

    def close(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        self.process.kill()
        self.process.wait()
        self._listener.join()
        self.process.stderr.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        for name in (self.stream, self.detections, self.audio):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"/dev/shm{name}")

    def segments(self) -> list[str]:
        return [name for name in (self.stream, self.detections, self.audio) if os.path.exists(f"/dev/shm{name}")]

    def _listen(self) -> None:
        for line in self.process.stderr:
            with self._line_came:
                self.log.append(line.rstrip())
                self._line_came.notify_all()


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Callable[..., Feed]]:
    runs: list[Feed] = []

    def start(*words: str, stdin: int | None = subprocess.DEVNULL, path: str | None = None, **more: Any) -> Feed:
        runs.append(Feed(tmp_path, words, stdin, path, **more))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a clip of 20 frames at 20 fps, 160x120, once for each kind."""
    directory = tmp_path_factory.mktemp("clips")

    def make(suffix: str, codec: str = "libx264", b_frames: int = 0, pix_fmt: str = "yuv420p") -> Path:
        path = directory / f"{codec}-{b_frames}-{pix_fmt}{suffix}"
        if not path.exists():
            _encode(path, codec, b_frames, pix_fmt)
        return path

    return make


@pytest.fixture
def turned_clip(clip: Callable[..., Path], tmp_path: Path) -> Callable[[int], Path]:
    """As a telephone makes it that is not held level: with quarter turns in its track's matrix, against the clock."""

    def make(turns: int = 1) -> Path:
        data = bytearray(clip(".mp4").read_bytes())
        matrix_at = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, 8.3.2
        cosine, sine = ((1, 0), (0, -1), (-1, 0), (0, 1))[turns]
        struct.pack_into(">5i", data, matrix_at, cosine << 16, sine << 16, 0, -sine << 16, cosine << 16)
        path = tmp_path / f"turned-{turns}.mp4"
        path.write_bytes(data)
        return path

    return make


def _encode(path: Path, codec: str, b_frames: int, pix_fmt: str) -> None:
    kind = {".h264": "h264", ".ts": "mpegts", ".mkv": "matroska", ".avi": "avi"}.get(path.suffix, "mp4")
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt = 160, 120, pix_fmt
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "x264-params": f"keyint=10:bframes={b_frames}:b-adapt=0"}
        for number in range(20):
            picture = np.full((120, 160, 3), 40 + number * 8, np.uint8)
            picture[:, number * 6 : number * 6 + 20] = 250
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 20)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
