"""A thread that sends what comes to all who listen, and looks for it only while somebody does."""

import threading
import time

from petcam.web.http.subscribers import Subscribers

WAIT_SECONDS = 0.5  # for a subscriber; also how soon the thread notices that it is to end
STOP_SECONDS = 2.5  # that stop() waits for the thread
MAX_ROUND_SECONDS = 10.0  # a thread whose round takes longer than this is stuck


class Feed:
    """To be inherited: ``_run`` is the thread's, and goes on until ``ended``."""

    def __init__(self, name: str, subscribers: Subscribers) -> None:
        self.name, self.subscribers = name, subscribers
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._last_round = time.monotonic()  # written by the thread only

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and the stream of every subscriber."""
        self.ended.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def is_alive(self) -> bool:
        return self._thread.is_alive() and time.monotonic() - self._last_round < MAX_ROUND_SECONDS

    def _run(self) -> None:
        raise NotImplementedError

    def _is_wanted(self) -> bool:
        """To be asked in each round: whether somebody listens, for which it waits a little."""
        self._last_round = time.monotonic()
        return self.subscribers.wait(WAIT_SECONDS)

    def _pause(self, seconds: float) -> None:
        self._last_round = time.monotonic()
        self.ended.wait(seconds)
