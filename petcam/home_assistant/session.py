"""What is done while a broker is connected: send what there is, hear commands."""

import random
import time

from petcam.home_assistant.announcer import Announcer
from petcam.home_assistant.connection import Connection
from petcam.home_assistant.outbox import Message, Outbox
from petcam.home_assistant.switches import Switches
from petcam.home_assistant.topics import OFFLINE, STARTED, STATUS, Topics

PATIENCE = 5.0  # seconds between two looks at the connection where nothing happens
SPREAD = (0.5, 3.0)  # seconds after Home Assistant's start
RENEW_PAUSE = 5.0  # seconds between two answers to its start
SETTLE_SECONDS = 1.5  # in which what a command has turned is seen to be so
LEAVE_SECONDS = 2.0  # for the broker to have it that petcam ends


class Session:
    """For one thread; the parts outlive it, from one connection to the next."""

    def __init__(self, topics: Topics, announcer: Announcer, outbox: Outbox, switches: Switches) -> None:
        self._topics, self._announcer, self._outbox = topics, announcer, outbox
        self._switches = switches
        self._renew_at: float | None = None
        self._renewed_at = 0.0
        self._settled: dict[str, float] = {}  # by switch, when it is to be sent anew

    def begin(self, connection: Connection) -> None:
        connection.subscribe(self._topics.heard)
        self._announcer.renew()
        self._renew_at, self._renewed_at = None, time.monotonic()

    def turn(self, connection: Connection, wake: int) -> None:
        """One round; returns where ``wake`` is readable, a message has come, or something is due."""
        now = time.monotonic()
        self._renew(now)
        while connection.has_room and (message := self._outbox.next(now)):
            connection.send(message)
        connection.wait(wake, self._patience(now))
        for switch in self._switches.turn(time.monotonic(), time.monotonic):
            self._settled[switch] = time.monotonic() + SETTLE_SECONDS

    def receive(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Of the connection."""
        if topic == STATUS:
            # Retained it says nothing of now, when all has just been sent.
            if payload == STARTED and not is_retained and self._renew_at is None:
                soon = time.monotonic() + random.uniform(*SPREAD)
                self._renew_at = max(soon, self._renewed_at + RENEW_PAUSE)
        elif switch := self._topics.switch_of(topic):
            self._switches.want(switch, payload, is_retained)

    def leave(self, connection: Connection) -> None:
        while connection.has_room and (message := self._outbox.next(time.monotonic())):
            connection.send(message)
        connection.send(Message(self._topics.availability, OFFLINE))
        deadline = time.monotonic() + LEAVE_SECONDS
        while not connection.is_idle and (left := deadline - time.monotonic()) > 0:
            connection.wait(None, left)
        connection.close()

    def _renew(self, now: float) -> None:
        if self._renew_at is not None and now >= self._renew_at:
            self._renew_at, self._renewed_at = None, now
            self._announcer.renew(with_picture=False)
        for switch in [switch for switch, at in self._settled.items() if at <= now]:
            del self._settled[switch]
            self._outbox.again(self._topics.of(switch))

    def _patience(self, now: float) -> float:
        due = [self._renew_at, self._switches.due(), *self._settled.values()]
        return min([PATIENCE, *(max(at - now, 0.0) for at in due if at is not None)])
