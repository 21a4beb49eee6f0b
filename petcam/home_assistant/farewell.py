"""A broker that is spoken to no longer: all that it retains is emptied, so Home Assistant removes the device."""

import time

from petcam.errors import Code, PetcamError
from petcam.home_assistant.connection import Connection
from petcam.home_assistant.entities import is_retained
from petcam.home_assistant.memory import Told
from petcam.home_assistant.outbox import Message
from petcam.home_assistant.topics import Topics

SECONDS = 10.0  # until the broker has it all


def say_farewell(told: Told, topics: Topics) -> None:
    """Returns once the broker has it. Raises as a connection does."""
    topics_kept = [topics.of(component) for component in {**told.gone, **told.components} if is_retained(component)]
    connection = Connection(told.broker, topics.device, Message(topics.availability, b""), lambda *_: None)
    try:
        connection.open()
        deadline = time.monotonic() + SECONDS
        for topic in (topics.discovery, *topics_kept, topics.availability):
            _wait(connection, deadline, for_room=True)
            connection.send(Message(topic, b""))
        _wait(connection, deadline, for_room=False)
        connection.close()
    finally:
        connection.drop()


def _wait(connection: Connection, deadline: float, for_room: bool) -> None:
    while not (connection.has_room if for_room else connection.is_idle):
        left = deadline - time.monotonic()
        if left <= 0:
            raise PetcamError(Code.PORT_UNAVAILABLE, "it takes what is sent and does not acknowledge it")
        connection.wait(None, left)
