"""Boots, and which wall time their ``CLOCK_MONOTONIC`` was."""

from collections.abc import Sequence
from enum import Enum, IntEnum
from typing import NamedTuple

from petcam.events.clock.reading import Reading

SECOND = 10**9
SET_SINCE = 1_577_836_800 * SECOND  # 2020: a clock that says less was never set
LEAST_CHANGE = SECOND // 10  # of an offset
SLEEP = SECOND  # suspended for longer: as if it were another boot
GRACE = SECOND  # by which boots whose clocks are believed may overlap


class Known(IntEnum):
    """What is known of a boot's wall time."""

    NEVER_SET = 0
    UNCONFIRMED = 1  # it was set, but no time server has said so
    SYNCHRONISED = 2


class Trust(Enum):
    """How far a wall time can be relied on."""

    SURE = "sure"
    LIKELY = "likely"
    GUESSED = "guessed"  # by the boots before and after it


class Boot(NamedTuple):
    """A row of the table ``boots``, without its checksum."""

    number: int
    boot_id: str
    slept_ns: int
    offset_ns: int  # Unix time - CLOCK_MONOTONIC
    known: int  # a Known
    began_ns: int  # CLOCK_MONOTONIC: first and last known to run
    alive_ns: int
    stopped: int
    events_from: int
    events_to: int

    @property
    def begin(self) -> int:
        """Unix ns, as its clock said."""
        return self.began_ns + self.offset_ns

    @property
    def end(self) -> int:
        return self.alive_ns + self.offset_ns


class Offset(NamedTuple):
    ns: int  # to be added to CLOCK_MONOTONIC for Unix time
    trust: Trust


def is_same_boot(boot: Boot, boot_id: str, reading: Reading) -> bool:
    """False also where the machine was suspended since."""
    return boot.boot_id == boot_id and abs(reading.slept_ns - boot.slept_ns) <= SLEEP


def corrected(boot: Boot, reading: Reading) -> Boot:
    """``boot`` itself where the clock says nothing new of it."""
    offset = reading.wall_ns - reading.monotonic_ns
    known = _known_by(reading)
    if known < boot.known:
        return boot  # what a time server has said stands against a clock that somebody has set by hand
    if known == boot.known and abs(offset - boot.offset_ns) < LEAST_CHANGE:
        return boot
    return boot._replace(offset_ns=offset, known=int(known))


def _known_by(reading: Reading) -> Known:
    if reading.synchronised:
        return Known.SYNCHRONISED
    return Known.UNCONFIRMED if reading.wall_ns >= SET_SINCE else Known.NEVER_SET


def resolve(boots: Sequence[Boot]) -> dict[int, Offset]:
    """By the boot's number, of boots in their order. What a clock never learned, the boots around it bound."""
    ceilings = _next_sure_begin(boots)
    found: dict[int, Offset] = {}
    floor: int | None = None  # the end of the boot before
    later: list[Boot] = []  # those in front of which nothing is known
    for boot, ceiling in zip(boots, ceilings, strict=True):
        offset = _own_offset(boot, floor, ceiling)
        if offset is None and floor is None:
            later.append(boot)
            continue
        if offset is None:
            offset = Offset((floor or 0) - boot.began_ns, Trust.GUESSED)
        if floor is None:
            found.update(_put_before(later, boot.began_ns + offset.ns))
        found[boot.number] = offset
        end = boot.alive_ns + offset.ns
        floor = end if floor is None else max(floor, end)
    if floor is None:
        found.update({boot.number: Offset(boot.offset_ns, Trust.GUESSED) for boot in later})
    return found


def _next_sure_begin(boots: Sequence[Boot]) -> list[int | None]:
    """For each boot, when the next synchronised one began: Unix ns."""
    ceilings: list[int | None] = []
    ceiling: int | None = None
    for boot in reversed(boots):
        ceilings.append(ceiling)
        if boot.known == Known.SYNCHRONISED:
            ceiling = boot.begin
    return ceilings[::-1]


def _own_offset(boot: Boot, floor: int | None, ceiling: int | None) -> Offset | None:
    """None where its clock is not to be believed."""
    if boot.known == Known.SYNCHRONISED:
        return Offset(boot.offset_ns, Trust.SURE)
    is_after = floor is None or boot.begin >= floor - GRACE
    is_before = ceiling is None or boot.end <= ceiling + GRACE
    if boot.known == Known.UNCONFIRMED and is_after and is_before:
        return Offset(boot.offset_ns, Trust.LIKELY)
    return None


def _put_before(boots: Sequence[Boot], moment: int) -> dict[int, Offset]:
    """One behind the other, the last of them up to ``moment``."""
    found = {}
    for boot in reversed(boots):
        found[boot.number] = Offset(moment - boot.alive_ns, Trust.GUESSED)
        moment -= boot.alive_ns - boot.began_ns
    return found
