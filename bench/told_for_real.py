"""From the begin of a visit to its message, with its picture, by the real services: the demo's cat and a webhook."""

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from tests.told_house import Message, ToldHouse, ginger_share

BEGINS = 10
SOON = 3.0  # seconds


def figures() -> Iterator[Figure]:
    """The cat comes in as the camera is turned on."""
    found = [*_messages(BEGINS)]
    delays = sorted(each.delay for each in found)
    ways = "the real services: begin to message"
    yield Figure(f"{ways}, median of {len(delays)}", delays[len(delays) // 2], "s", SOON)
    yield Figure(f"{ways}, at most", delays[-1], "s", SOON)
    without = sum(not _has_cat(each) for each in found)
    yield Figure("the real services: messages without a picture of the cat", without, "", 0)


def _messages(count: int) -> Iterator[Message]:
    with tempfile.TemporaryDirectory() as directory, ToldHouse(Path(directory)) as house:
        house.start()
        for number in range(1, count + 1):
            house.turn_camera(on=True)
            yield house.wait(number)[-1]
            house.turn_camera(on=False)


def _has_cat(message: Message) -> bool:
    picture = message.json["picture"]
    return picture is not None and ginger_share(base64.b64decode(picture["base64"])) > 0.02
