"""TCP ports that two parts of petcam would have to share. ``streamer/internal/config/ports.go`` is the same in Go."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from petcam.config.keys import Config

EVERY_ADDRESS = ("0.0.0.0", "::")


class Listener(NamedTuple):
    key: str
    host: str
    port: int


def listeners(config: Config) -> list[Listener]:
    web, streamer = config.web, config.streamer
    found = [Listener("web.port", web.host, web.port), Listener("streamer.port", streamer.host, streamer.port)]
    if web.tls != "off":
        found.append(Listener("web.tls_port", web.host, web.tls_port))
    return found


def collisions(config: Config) -> Iterator[tuple[Listener, Listener]]:
    for one, other in combinations(listeners(config), 2):
        if one.port == other.port and _overlap(_folded(one.host), _folded(other.host)):
            yield one, other


def _overlap(one: str, other: str) -> bool:
    return one == other or one in EVERY_ADDRESS or other in EVERY_ADDRESS


def _folded(host: str) -> str:
    return "127.0.0.1" if host.lower() == "localhost" else host.lower()
