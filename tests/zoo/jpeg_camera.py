"""A camera that sends one JPEG after the other, to whoever connects."""

import socket
import time
from itertools import cycle

from tests.zoo.server import Server


class JpegCamera(Server):
    """A context manager. Sends ``jpegs`` over and over, ``fps`` of them in a second. ``connections`` is guarded by
    ``changed``."""

    def __init__(self, jpegs: list[bytes], fps: float) -> None:
        super().__init__()
        self._jpegs, self._fps = jpegs, fps
        self.connections = 0

    def __enter__(self) -> "JpegCamera":
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        with self.changed:
            self.connections += 1
        begin = time.monotonic()
        for number, jpeg in enumerate(cycle(self._jpegs)):
            if self.stop.wait(max(0, begin + number / self._fps - time.monotonic())):
                return
            client.sendall(jpeg)
