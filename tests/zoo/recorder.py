"""The real streamer on a stream, to record it."""

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import requests

from petcam.h264 import avcc
from petcam.system.streamer_binary import find_streamer
from tests.ports import free_port
from tests.zoo.painted import number_in

TIMEOUT_SECONDS = 40.0  # enough for a busy machine


@dataclass(frozen=True)
class Film:
    """A recording: its length in seconds as the file says, its pictures' NAL units, and their numbers as a decoder
    shows them."""

    length: float
    nals: list[list[bytes]]
    numbers: list[int]


class Recorder:
    """A context manager that runs the streamer. Recordings are in ``directory``."""

    def __init__(self, directory: Path, stream: str) -> None:
        self.directory = directory / "recordings"
        self.directory.mkdir()
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._config, self._log = directory / "streamer.yaml", directory / "streamer.log"
        self._config.write_text(
            f"streamer: {{host: 127.0.0.1, port: {port}}}\nwebrtc: {{udp_port: {port}}}\n"
            f"camera: {{stream: {stream}, detections: {stream}_d}}\n"
            f"recording: {{directory: {self.directory}}}\nauth: {{mode: none}}\n"
        )

    def __enter__(self) -> "Recorder":
        with self._log.open("wb") as log:
            command = [str(find_streamer()), "--config", str(self._config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_until_live()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT_SECONDS)

    def health(self) -> Any:
        return requests.get(f"{self._url}/health", timeout=TIMEOUT_SECONDS).json()

    def start(self) -> None:
        self._post("start")

    def stop(self) -> list[Film]:
        """What has been recorded since the beginning."""
        self._post("stop")
        return [film(path) for path in sorted(self.directory.glob("*.mp4"))]

    def _post(self, what: str) -> None:
        answer = requests.post(f"{self._url}/{what}", timeout=TIMEOUT_SECONDS)
        assert answer.ok, (answer.text, self._log.read_text())

    def _wait_until_live(self) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            with contextlib.suppress(requests.ConnectionError):
                if self.health()["camera"]["state"] == "live":
                    return
            time.sleep(0.05)  # there is no event for the port of another process
        raise AssertionError(f"no picture came to the streamer: {self._log.read_text()}")


def film(path: Path) -> Film:
    """Raises FFmpeg's errors where a picture cannot be decoded."""
    nals, numbers = [], []
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        length = avcc.length_size(stream.codec_context.extradata)
        for packet in container.demux(stream):
            if packet.size:
                nals.append(list(avcc.nal_units(bytes(packet), length)))
            numbers += [number_in(frame.to_ndarray(format="gray")) for frame in packet.decode()]
        return Film(float(stream.duration * stream.time_base), nals, numbers)
