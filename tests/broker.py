"""A real broker (mosquitto) of one test, and who listens at it. What needs it is skipped where it is not installed."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from petcam.home_assistant.paho import new_client
from tests.ports import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SECONDS = 40.0  # enough for a busy machine
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")


class Mosquitto:
    """It forgets all that is retained when it ends."""

    def __init__(self, directory, settings="allow_anonymous true\n", port=None):
        self.port = port or free_port()
        self.log = directory / "mosquitto.log"
        self._file = directory / "mosquitto.conf"
        # As root it would become another user, who cannot read the test's folder.
        self._file.write_text(f"user root\nlistener {self.port} 127.0.0.1\npersistence false\n{settings}")
        self._process = None
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._file)], stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)  # there is no event for the port of another process
        raise AssertionError(self.log.read_text())

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None

    def pause(self):
        """Its port stays open, and it says nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def listener(self, *topics):
        return Listener(self.port, topics or ("#",))


class Listener:
    """Who has subscribed: all messages so far, and the retained ones as they are now."""

    def __init__(self, port, topics):
        self._changed = threading.Condition()
        self.messages = []  # (topic, payload, whether it was retained before)
        self._is_subscribed = self._is_marked = False
        self._mark = f"mark/{os.urandom(4).hex()}"
        self._client = new_client(f"listener-{os.urandom(4).hex()}")
        self._client.on_connect = lambda *_: self._client.subscribe([(topic, 1) for topic in (*topics, self._mark)])
        self._client.on_subscribe = lambda *_: self._note(None)
        self._client.on_message = lambda _client, _userdata, message: self._note(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.wait_for(lambda: self._is_subscribed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic, payload, retain=False):
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(SECONDS)

    def wait_for(self, condition):
        with self._changed:
            assert self._changed.wait_for(condition, SECONDS), self.messages[-20:]

    def wait_for_message(self, topic, payload=None, count=1):
        """Until so many have come, of any payload where none is given; all payloads of the topic are returned."""
        self.wait_for(lambda: len([each for each in self.of(topic) if payload in (None, each)]) >= count)
        return self.of(topic)

    def wait_for_retained(self):
        """Until all has come that was retained when it subscribed: that comes before what is sent later."""
        self.publish(self._mark, b"")
        self.wait_for(lambda: self._is_marked)

    def of(self, topic):
        return [payload for name, payload, _ in self.messages if name == topic]

    def latest(self):
        return {topic: payload for topic, payload, _ in self.messages}

    def _note(self, message):
        with self._changed:
            if message is None:
                self._is_subscribed = True
            elif message.topic == self._mark:
                self._is_marked = True
            else:
                self.messages.append((message.topic, bytes(message.payload), bool(message.retain)))
            self._changed.notify_all()
