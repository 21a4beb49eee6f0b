"""What measurements of recordings run: the writers of the segments, streamers that can be killed, and petcam-web.

The writer puts a number into each picture's bytes, so that recordings can be compared with what was published.
"""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from bench.camera import ROOT
from bench.ports import free_ports
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.stream import StreamWriter
from tests.steady_sound import SteadySound

FPS = 30
LATE = 3  # pictures, by which a result comes later than its own
DELIMITER = b"\0\0\0\1\x09"
NUMBER_MARK = b"petcam-bench-num"  # the UUID of an SEI message
PACKET, LEVEL_DB = b"\x78" + bytes(range(79)), -40.0  # 20 ms of Opus at 32 kb/s, as far as its first byte says


class RecordingSetup:
    """The segments, a streamer that can be killed, and petcam-web with the recordings; and a streamer that records the
    sound as well, ``streamer with sound``, at ``sound_port`` and into a folder of its own."""

    def __init__(self, directory: Path, film: list[bytes]) -> None:
        self.web_port, self.port, self.sound_port = free_ports(3)
        self.recordings, self.recordings_with_sound = directory / "recordings", directory / "recordings-sound"
        self._config, self._sound_config = directory / "petcam.yaml", directory / "petcam-sound.yaml"
        self._log = open(directory / "log", "w")
        self._film = film
        name = f"/petcam_bench_{self.port}"
        settings = _settings(self, name)
        self._config.write_text(yaml.safe_dump(settings))
        self._sound_config.write_text(yaml.safe_dump(_with_sound(settings, self, name)))
        self._writer = StreamWriter(f"{name}_stream", writer_name="bench")
        self._detector = DetectionWriter(f"{name}_detections", writer_name="bench")
        self._microphone = AudioWriter(f"{name}_audio", writer_name="bench")
        self._sound = SteadySound(self._microphone, PACKET, LEVEL_DB)
        self.each = 0  # how many pictures there are to a result of the detector; 0: it finds none
        self._base_ns = time.monotonic_ns()
        self.published = 0

    def run(self, command: str) -> "subprocess.Popen[bytes]":
        petcam = [sys.executable, "-m", "petcam.cli", "web"]
        words = petcam if command == "web" else [str(ROOT / "build/petcam-streamer")]
        config = self._sound_config if command == "streamer with sound" else self._config
        return subprocess.Popen([*words, "--config", str(config)], cwd=ROOT, stdout=self._log, stderr=self._log)

    def publish(self) -> None:
        """Publish the next picture; its capture time is that of a camera with ``FPS`` pictures a second."""
        n = self.published
        picture = self._film[n % len(self._film)]
        sei = b"\0\0\0\1\x06\x05\x18" + NUMBER_MARK + b"%08d" % n + b"\x80"
        data = picture[:6] + sei + picture[6:]
        keyframe = n % len(self._film) % FPS == 0
        capture_ns = self._base_ns + n * 1_000_000_000 // FPS
        self._writer.publish(data, capture_ns=capture_ns, keyframe=keyframe, width=640, height=360)
        self.published = n + 1
        self._sound.go_on(capture_ns)
        if self.each and n % self.each == 0 and n >= LATE:
            self._detect(n - LATE)

    def _detect(self, n: int) -> None:
        """Two boxes on a picture of before."""
        capture_ns = self._base_ns + n * 1_000_000_000 // FPS
        frame = SimpleNamespace(frame_number=n, capture_ns=capture_ns, width=320, height=180)
        self._detector.publish(frame, [("cat", 0.93, n % 200, 40, 60, 50), ("dog", 0.71, 20, n % 100, 80, 60)])

    @contextmanager
    def in_real_time(self) -> Iterator[None]:
        stop = threading.Event()

        def publish_when_due() -> None:
            while not stop.is_set():
                due = (self._base_ns + self.published * 1_000_000_000 // FPS - time.monotonic_ns()) / 1e9
                if due > 0:
                    stop.wait(due)
                self.publish()

        self._base_ns = time.monotonic_ns() - self.published * 1_000_000_000 // FPS
        thread = threading.Thread(target=publish_when_due)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def request(self, path: str, method: str = "GET", port: int = 0) -> dict[str, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            loaded: dict[str, Any] = json.load(answer)
        return loaded

    def start(self, port: int = 0) -> None:
        eventually(lambda: bool(self.request("/start", "POST", port)))

    def close(self) -> None:
        self._microphone.close()
        self._detector.close()
        self._writer.close()
        self._log.close()


def _settings(setup: RecordingSetup, name: str) -> dict[str, Any]:
    return {
        "web": {"host": "127.0.0.1", "port": setup.web_port},
        "streamer": {"host": "127.0.0.1", "port": setup.port},
        "camera": {"stream": f"{name}_stream", "detections": f"{name}_detections"},
        "webrtc": {"udp_port": setup.port},
        "recording": {"directory": str(setup.recordings), "segment_minutes": 1440, "min_free_bytes": 1 << 28},
        "auth": {"mode": "none"},
    }


def _with_sound(settings: dict[str, Any], setup: RecordingSetup, name: str) -> dict[str, Any]:
    changes: dict[str, dict[str, Any]] = {
        "streamer": {"port": setup.sound_port},
        "webrtc": {"udp_port": setup.sound_port},
        "camera": {"microphone": "default", "audio": f"{name}_audio"},
        "recording": {"directory": str(setup.recordings_with_sound)},
    }
    return {section: {**words, **changes.get(section, {})} for section, words in settings.items()}


def make_film() -> list[bytes]:
    """Two seconds of video with 2 Mb/s, as a list of access units."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=rate={FPS}:size=640x360,noise=alls=30:allf=t"]
    command += ["-frames:v", str(2 * FPS), "-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast"]
    command += ["-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M", "-g", str(FPS), "-sc_threshold", "0"]
    command += ["-pix_fmt", "yuv420p", "-x264-params", "aud=1", "-f", "h264", "-"]
    video = subprocess.run(command, check=True, capture_output=True).stdout
    return [DELIMITER + picture for picture in video.split(DELIMITER)[1:]]


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.01)
    raise RuntimeError(f"not so after {seconds:g} s")


def terminate(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(10)
