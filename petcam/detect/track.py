"""One animal or person over time: votes for what it is, where it goes, whether it is still there."""

import math
from dataclasses import dataclass, field

from petcam.detect.area import WHOLE, Area
from petcam.detect.motion import COLUMNS, ROWS, Thumbnail, changed_cells

ENOUGH_SCORE, ENOUGH_HITS = 1.0, 2  # that make a track of something that moved: the sum of its scores, and how many
STILL_SCORE, STILL_HITS = 2.4, 4  # and of what was found where nothing has moved: a cushion is looked at all day long
MISS_COSTS = 0.3  # of that sum
MAX_SUM = 12.0
MAX_MISSES = 3  # in a row, where its place does not look the same any more
LOST_NS = 1_500_000_000  # and so long after it was seen last
UNLIKELY = 1e-9  # how likely so many misses in a row would be, by how often it was found, if it was still there
LEAST_MISSES, MOST_MISSES = 20, 1000  # that this may come to, while its place looks the same
RATE = 0.05  # how much of a look is taken for how often it is found
LATEST = 0.4  # how much of a new score is taken, and of a new box of what lies still
ALPHA, BETA = 0.7, 0.35  # how much of what a look says of place and speed is believed, while it moves
STILL_WAY = 0.15  # of its own size: within so much it lies still,
STILL_AFTER_NS = 1_200_000_000  # from so long on
JUMP_WAY = 0.8  # of its own size, from where it should be: its speed is not known any more
CHANGED = 0.25  # of its place's cells, and it does not look the same any more
FADES = 0.03  # how much of a new thumbnail is taken for how its place should look
MAX_SPEED_NS = 1_500_000_000  # between two looks, for a speed
GLIDES_NS = 700_000_000  # for which it goes on at its speed unseen


@dataclass
class Track:
    """Times are nanoseconds of the pictures' captures."""

    area: Area
    seen_ns: int  # when it was found last, as is ``area``
    moved_there: bool  # it began where something had moved
    votes: dict[str, float] = field(default_factory=dict)  # sums of scores by class
    score: float = 0.0  # of late
    hits: int = 0
    misses: int = 0  # in a row
    turns: int = 0  # looks at it
    rate: float = 1.0  # of late, how many of the looks at it found it
    looked_ns: int = 0
    confirmed: bool = False
    speed: tuple[float, float] = (0.0, 0.0)  # parts of the picture in a nanosecond
    still_since_ns: int = 0  # its box has not moved since
    is_unchanged: bool = True  # its place looks as it did when it was found last
    _anchor: Area = WHOLE  # from which it is measured whether it lies still
    _place: Thumbnail | None = None  # the thumbnail when it was found last

    @property
    def class_name(self) -> str:
        return max(self.votes, key=lambda name: self.votes[name])

    def area_at(self, capture_ns: int) -> Area:
        """Where it should be, as far as that is in the picture."""
        ahead = min(max(0, capture_ns - self.seen_ns), GLIDES_NS)
        moved = self.area.moved(self.speed[0] * ahead, self.speed[1] * ahead).clipped(WHOLE)
        return moved if min(moved.width, moved.height) > 0 else self.area.clipped(WHOLE)

    def hit(self, area: Area, class_name: str, score: float, capture_ns: int, thumbnail: Thumbnail) -> None:
        """It was found."""
        self._move(area, capture_ns)
        for name in self.votes:
            self.votes[name] *= 0.95  # what it is called now counts more than long ago
        self.votes[class_name] = self.votes.get(class_name, 0.0) + score
        self.score = score if not self.hits else self.score + LATEST * (score - self.score)
        self.hits, self.misses = self.hits + 1, 0
        self.rate += RATE * (1 - self.rate)
        self.seen_ns, self._place, self.is_unchanged = capture_ns, thumbnail, True
        score_needed, hits_needed = (ENOUGH_SCORE, ENOUGH_HITS) if self.moved_there else (STILL_SCORE, STILL_HITS)
        self.confirmed |= self.hits >= hits_needed and sum(self.votes.values()) >= score_needed
        self._bound_votes()

    def miss(self) -> None:
        """It was looked for, and not found."""
        self.misses += 1
        self.rate -= RATE * self.rate
        best = self.class_name
        self.votes[best] = max(0.0, self.votes[best] - MISS_COSTS)

    def is_lost(self, capture_ns: int) -> bool:
        if not self.confirmed:
            return self.misses >= MAX_MISSES
        if self.is_unchanged:  # a sleeping pet is seldom found, and does not go away unseen
            return self.misses > self._misses_allowed()
        return self.misses >= MAX_MISSES and capture_ns - self.seen_ns >= LOST_NS

    def _misses_allowed(self) -> float:
        """By how often it was found before the misses in a row."""
        rate = min(self.rate / (1 - RATE) ** self.misses, 0.99)
        return min(max(math.log(UNLIKELY) / math.log(1 - rate), LEAST_MISSES), MOST_MISSES)

    def compare(self, thumbnail: Thumbnail) -> None:
        """Note whether its place looks as it did when it was found last, or a little later: light goes slowly."""
        if self._place is None:
            return
        left, right = int(self.area.left * COLUMNS), -int(-self.area.right * COLUMNS // 1)
        top, bottom = int(self.area.top * ROWS), -int(-self.area.bottom * ROWS // 1)
        here = changed_cells(self._place, thumbnail)[max(0, top) : bottom, max(0, left) : right]
        self.is_unchanged = bool(here.size) and float(here.mean()) < CHANGED
        if self.is_unchanged:
            self._place = self._place + FADES * (thumbnail - self._place)

    def _move(self, area: Area, capture_ns: int) -> None:
        """By an alpha-beta filter while it moves; a box that only trembles about one place stands still."""
        if not self.hits:
            self.area, self._anchor, self.still_since_ns = area, area, capture_ns
            return
        ago = capture_ns - self.seen_ns
        if _way(self._anchor, area) > STILL_WAY:
            self._anchor, self.still_since_ns = area, capture_ns
        if capture_ns - self.still_since_ns > STILL_AFTER_NS or ago > MAX_SPEED_NS:
            self.area, self.speed = _between(self.area, area, LATEST if ago <= MAX_SPEED_NS else 1.0), (0.0, 0.0)
            return
        expected = self.area_at(capture_ns)
        if _way(expected, area) > JUMP_WAY:
            self.area, self.speed = area, (0.0, 0.0)
            return
        (x, y), (there_x, there_y) = area.centre, expected.centre
        gain = BETA / max(ago, 1)
        self.speed = (self.speed[0] + gain * (x - there_x), self.speed[1] + gain * (y - there_y))
        self.area = _between(expected, area, ALPHA)

    def _bound_votes(self) -> None:
        total = sum(self.votes.values())
        if total > MAX_SUM:
            for name in self.votes:
                self.votes[name] *= MAX_SUM / total


def _way(one: Area, other: Area) -> float:
    """From one to the other, in parts of their size."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    width, height = max(one.width, other.width, 1e-6), max(one.height, other.height, 1e-6)
    return max(abs(x - other_x) / width, abs(y - other_y) / height)


def _between(one: Area, other: Area, part: float) -> Area:
    return Area(*(a + part * (b - a) for a, b in zip(one, other, strict=True)))
