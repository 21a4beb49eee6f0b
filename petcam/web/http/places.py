"""What the connections may hold together, and which of them gives way where that is too much.

It is one of the network that holds most, and of those the one that has kept the server waiting for longest. So a device
with a flood loses its own connections, and a newcomer is served. In a home all devices are in one IPv6 network, though:
whoever is logged in loses theirs after all strangers of it.
"""

from collections import Counter
from collections.abc import Collection
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

OWN_SHARE = 0.5  # of each limit: so much of it does not count for this machine itself, whose TLS proxy serves many


class Holder(Protocol):
    """A connection. ``is_let_in``: its last request was of somebody who is logged in. ``is_served``: it waits for the
    server; else the server has waited for it ``since`` then."""

    network: str  # as network_of has it
    since: float  # time.monotonic()

    @property
    def is_let_in(self) -> bool: ...

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
        heaviest = self._heaviest([(each.network, held(each)) for each in connections if held(each)], limit.most)
        among = [each for each in connections if each.network == heaviest and held(each)]
        return min(among, key=lambda each: (each.is_let_in, each.is_served, each.since), default=None)

    def _heaviest(self, holdings: list[tuple[str, int]], most: int) -> str:
        by_network: Counter[str] = Counter()
        for network, held in holdings:
            by_network[network] += held
        free = {network: int(most * OWN_SHARE) if network in self._own else 0 for network in by_network}
        return max(by_network, key=lambda each: (by_network[each] - free[each], by_network[each]), default="")
