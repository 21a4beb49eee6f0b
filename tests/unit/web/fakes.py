"""Fakes of what petcam-web talks to."""

import json
import queue
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

from petcam.errors import Code, PetcamError
from petcam.streamer_client import MESSAGES, Answer
from petcam.web.pictures.source import StreamSource

PASSWORD, VIEWERS = "correct horse", "watching horse"  # the owner's and the viewers'


class FakeStreamer:
    """Gives the answer that is set; records the requests in ``asked``."""

    def __init__(self):
        self.asked = []
        self.headers = {}
        self.answer = Answer(200, b'{"status":"ok"}')

    def fail(self, code):
        self.answer = PetcamError(code, MESSAGES[code])

    def read(self, path):
        return self._answer("GET", path, b"")

    def open(self, path, timeout):
        return self._answer("GET", path, b"")  # no stream: what a streamer says that has none

    def control(self, path, body, headers=None, timeout=None):
        self.headers = headers or {}
        return self._answer("POST", path, body)

    def close(self):
        pass

    def _answer(self, method, path, body):
        self.asked.append((method, path, body))
        if isinstance(self.answer, PetcamError):
            raise self.answer
        return self.answer


class FakeReader:
    """A reader that returns what is put into the queue ``items``, and raises an exception that is put there."""

    def __init__(self):
        self.items = queue.Queue()
        self.asked = threading.Event()
        self.opened = 0
        self.closed = 0
        self.without_keyframe = 0.0  # seconds
        self.silent_after = 1_000_000_000  # ns

    def seconds_without_keyframe(self):
        return self.without_keyframe

    def silent_after_ns(self):
        return self.silent_after

    def __enter__(self):
        self.opened += 1
        return self

    def __exit__(self, *_):
        self.closed += 1

    def read(self, timeout):
        self.asked.set()
        try:
            item = self.items.get(timeout=min(timeout, 0.02))
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item


class FakeConnection:
    """A client's connection; ``sent`` is what was sent to it besides its answer."""

    def __init__(self):
        self.sent = queue.Queue()
        self.unread_bytes = 0
        self.has_left = False
        self.gone_checks = threading.Semaphore(0)  # released at each check whether it is gone
        self.session = ""

    def let_in(self, session):
        self.session = session

    @property
    def gone(self):
        self.gone_checks.release()
        return self.has_left

    def send(self, data):
        self.sent.put(data)

    def backlog(self):
        return self.unread_bytes

    unsent = backlog

    def event(self):
        """The JSON of the next event."""
        data = self.sent.get(timeout=5)
        assert data.startswith(b"data: ") and data.endswith(b"\n\n") and data.count(b"\n") == 2
        return json.loads(data[len(b"data: ") :])


class FakeSources:
    """Gives the decoded stream of ``reader``."""

    def __init__(self, reader):
        self.reader = reader

    @contextmanager
    def open(self, budget):
        from petcam.media.decoder import Decoder

        with self.reader as reader, Decoder(budget) as decoder:
            yield StreamSource(reader, decoder)

    def gives_jpeg(self):
        return False


def detections(frame_number=7, age=0.0, boxes=1):
    now = time.monotonic_ns()
    box = SimpleNamespace(class_name="<cat>", confidence=0.93, x=412.5, y=300.0, w=180.0, h=120.0)
    return SimpleNamespace(
        frame_number=frame_number,
        capture_ns=100_000 * frame_number,
        rtp_timestamp=9 * frame_number,
        publish_ns=now - int(age * 1e9),
        width=1280,
        height=720,
        boxes=(box,) * boxes,
    )


def bad_segment():
    return PetcamError(Code.BAD_SEGMENT, "/petcam_x: ABI version 9, this petcam reads 1: upgrade petcam")
