"""A camera that sends one JPEG after the other, to whoever connects."""

import socket
import time
from itertools import cycle

from tests.zoo.server import Server


class JpegCamera(Server):
    """A context manager. Sends ``jpegs`` over and over, ``fps`` of them in a second; before picture ``hangs_at`` of its
    first connection it falls silent.

    ``sent`` has the places in ``jpegs`` of what has been sent, of each connection; it is guarded by ``changed``.
    """

    def __init__(self, jpegs: list[bytes], fps: float = 20, hangs_at: int | None = None) -> None:
        super().__init__()
        self._jpegs, self._fps, self._hangs_at = jpegs, fps, hangs_at
        self.sent: list[list[int]] = []

    def __enter__(self) -> "JpegCamera":
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        mine: list[int] = []
        with self.changed:
            hangs_at = self._hangs_at if not self.sent else None
            self.sent.append(mine)
        begin = time.monotonic()
        for number, (place, jpeg) in enumerate(cycle(enumerate(self._jpegs))):
            if number == hangs_at:
                client.recv(1)  # until the client hangs up
                return
            if self.stop.wait(max(0, begin + number / self._fps - time.monotonic())):
                return
            with self.changed:
                mine.append(place)
                self.changed.notify_all()
            client.sendall(jpeg)
