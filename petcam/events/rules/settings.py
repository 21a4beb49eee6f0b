"""What an owner may set of the rules, and the names that count as pets where nothing is set."""

from typing import NamedTuple

PETS = ("cat", "dog", "bird", "rabbit", "hamster", "guinea pig", "ferret", "parrot", "turtle")
ALIKE = frozenset(("cat", "dog"))  # which detectors take for one another
CLEAR_SHARE, CLEAR_HITS, CLEAR_SECONDS = 0.8, 8, 5.0  # what it was called, how often and how long: it is certainly that
LONE_SECONDS, AT_ONCE = 10.0, 3  # so long where it was not seen beside another one in so many results
ALWAYS_SHARE = 0.7  # and of all that it ever was called


class Rules(NamedTuple):
    """The section ``events`` of the configuration."""

    classes: tuple[str, ...] = ()  # that make visits; none: PETS
    min_score: float = 0.6  # of a box that may begin a visit
    min_seconds: float = 0.5  # for which it is to be seen
    gap_seconds: float = 30.0  # a pet that is back within them has not been away

    @property
    def wanted(self) -> frozenset[str]:
        """In lower case."""
        return frozenset(name.lower() for name in self.classes or PETS)


def are_alike(one: str, other: str) -> bool:
    """Whether an animal that is called ``one`` may be called ``other`` a moment later."""
    return one == other or (one in ALIKE and other in ALIKE)
