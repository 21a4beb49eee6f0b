"""What the connections may hold together, and which of them gives way where that is too much.

It is one of the network that holds most, and of those the one that has kept the server waiting for longest. So a device
with a flood loses its own connections, and a newcomer is served. In a home all devices are in one IPv6 network, though:
of a network, too, it is one of the session that holds most, where all who are not logged in count as one, and of the
address that holds most.
"""

from collections import Counter
from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, TypeVar

OWN_SHARE = 0.5  # of each limit: so much of it does not count for this machine itself, whose TLS proxy serves many


class Holder(Protocol):
    """A connection. ``session``: whose its last request was; empty: of nobody who is logged in. ``is_served``: it waits
    for the server; else the server has waited for it ``since`` then."""

    network: str  # as network_of has it
    session: str
    address: str
    since: float  # time.monotonic()

    @property
    def is_served(self) -> bool: ...


class Limit(NamedTuple):
    """All connections together hold at most ``most`` of ``what``; ``attribute`` of a connection says what it holds."""

    what: str
    attribute: str
    most: int


CONNECTIONS = Limit("connections", "place", 450)
REQUEST_BYTES = Limit("bytes of requests without an answer", "request_bytes", 8 * 2**20)
ANSWER_BYTES = Limit(
    "bytes of answers that are not read", "answer_bytes", 16 * 2**20
)  # files are read as they are sent

AnyHolder = TypeVar("AnyHolder", bound=Holder)


class Places:
    """``own`` are the networks of this machine."""

    def __init__(self, own: Collection[str]) -> None:
        self._own = frozenset(own)

    def gives_way(self, connections: Collection[AnyHolder], limit: Limit, wanted: int = 0) -> AnyHolder | None:
        """The connection to be closed so that ``wanted`` more fits; None where it does, or where nobody holds any."""
        held = attrgetter(limit.attribute)
        if sum(map(held, connections)) + wanted <= limit.most:
            return None
        among = [each for each in connections if held(each)]
        for attribute in ("network", "session", "address"):
            among = self._heaviest(among, attribute, held, limit.most)
        return min(among, key=lambda each: (each.is_served, each.since), default=None)

    def _heaviest(
        self, among: list[AnyHolder], attribute: str, held: Callable[[Any], int], most: int
    ) -> list[AnyHolder]:
        """Those of the network, the session or the address that holds most; of several where they hold the same."""
        weights: Counter[str] = Counter()
        for each in among:
            weights[getattr(each, attribute)] += held(each)
        for own in self._own & weights.keys():
            weights[own] -= int(most * OWN_SHARE)
        heaviest = max(weights.values(), default=0)
        return [each for each in among if weights[getattr(each, attribute)] == heaviest]
