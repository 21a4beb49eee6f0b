"""A teller that is killed at the n-th of all steps that last.

``python -m tests.integration.telling.victim DIRECTORY URL STEP FIRST`` tells of a visit whose id is FIRST and of the
one after, then ends. A STEP of 0: it is not killed; how many there were is printed.

A step is a file that is written, synced, renamed or removed, and a connection, a request or an answer.
"""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from petcam.settings import Notify, Settings
from petcam.system.assets import assets_folder
from petcam.telling import posting
from petcam.telling.courier import Pauses
from petcam.telling.happening import Happening
from petcam.telling.message import Writer
from petcam.telling.teller import Teller
from petcam.telling.webhook import Webhook
from petcam.words import Words

EVERY = Settings(Notify(cooldown_minutes=0))


class Steps:
    """Any thread makes one; the lock guards the count, and that nothing happens beside a kill."""

    def __init__(self, last: int) -> None:
        self.count, self._last, self._lock = 0, last, threading.RLock()

    def around(self, owner, name: str) -> None:
        """A step before and one after."""
        real = getattr(owner, name)

        def stepping(*args, **kwargs):
            self._make()
            try:
                return real(*args, **kwargs)
            finally:
                self._make()

        setattr(owner, name, stepping)

    def _make(self) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
                threading.Event().wait()


def main(directory: str, url: str, last: str, first: str) -> None:
    steps = Steps(int(last))
    for name in ("fsync", "replace", "unlink"):
        steps.around(os, name)
    steps.around(socket, "create_connection")
    steps.around(posting.http.client.HTTPConnection, "request")
    steps.around(posting.http.client.HTTPConnection, "getresponse")
    way = Webhook(url, "", "")
    writer = Writer(Words(assets_folder() / "words"), lambda: "en", "")
    teller = Teller(
        [way], lambda: EVERY, Path(directory), writer, lambda _: None, lambda: None, pauses=Pauses(0.01, 0.02, 0.01)
    )
    teller._moments._seconds = 0  # nobody is to be waited for
    teller.start()
    for number in (int(first), int(first) + 1):
        teller.take(Happening(number, "visit", "cat", "begin", time.time()))
        teller.take(Happening(number, "visit", "cat", "end", time.time(), time.time()))
    while teller._taken.qsize() or teller.standings[0].waiting or way_is_busy(teller):
        time.sleep(0.01)
    teller.close()
    print(steps.count)


def way_is_busy(teller: Teller) -> bool:
    return bool(teller._outbox._entries) or teller._outbox.rules.judged[-1:] == ()


if __name__ == "__main__":
    main(*sys.argv[1:])
