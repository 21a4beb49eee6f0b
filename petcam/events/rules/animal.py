"""One animal, from result to result: whether it is really there, what it is, whether it lies still."""

from petcam.events.rules.box import Box, distance, is_at_edge, towards, way
from petcam.events.rules.presence import Presence
from petcam.events.rules.settings import (
    ALWAYS_SHARE,
    AT_ONCE,
    CLEAR_HITS,
    CLEAR_SECONDS,
    CLEAR_SHARE,
    LONE_SECONDS,
    Rules,
)
from petcam.events.rules.visit import Visit

LEAST_HITS, LEAST_STRONG, LEAST_SHARE = 2, 2, 0.4  # results that have it, that are sure of it, of all since the first
RARE_HITS, RARE_SECONDS = 3, 2.0  # or sure of it once, and so many that have it over so long
FAINT_SECONDS, FAINT_HITS = 5.0, 6  # one that is never sure counts after so long, if it has gone somewhere
FAINT_SHARE = 0.6
STAYING_TIMES = 3  # min_seconds, for one that has not gone anywhere: what is none of a pet stays where it is
STILL_WAY = 0.25  # of its size: within that it lies still; a detector's boxes tremble
WAKE_WAY = 0.5  # farther from where it lies still, a box is of another animal, or of one that got up
DRIFT_SECONDS = 10.0  # in which where it lies comes half of the way to where it is seen: it turns and stretches
STILL_SECONDS = 3.0  # after which it lies still
SETTLED_SECONDS = 6.0  # after which it does not go away unseen
ASLEEP_SECONDS = 60.0  # after which it is asleep
LOST_SECONDS = 3.0  # for which one that was at the picture's edge may be lost
INSIDE_LOST_SECONDS = 8.0  # one within the picture
STILL_LOST_SECONDS = 900.0  # one that lay still
UP_SIZE, UP_WAY = 0.6, 0.18  # of its size, and of the picture: how far from where it lay one that gets up is found
UP_SECONDS = 5.0  # so long after it was seen lying; later it is found where it lay
UP_AMONG_SECONDS = 2.0  # the same, where there were several
UP_SPEED = 0.3  # and how far it is then found, in parts of the picture a second
GONE_WAY = 0.6  # of its size, between its first box and another: it has gone somewhere
SPEED, SPEED_SECONDS = 0.6, 2.0  # parts of the picture that an animal may go in a second; unseen, for so long
FADE_SECONDS = 20.0  # after which what it was called counts half


class Animal:
    """Times are seconds of one clock; ``looks`` counts the results since its first."""

    def __init__(self, time: float, box: Box, rules: Rules) -> None:
        self.first = self.last = self.moved = time
        self.box = self.first_box = self.anchor = box
        self.came, self.came_box = time, box  # the first of the one that got up as this one, where it was one
        self.found = time  # when it was seen again after it had been lost
        self.since = time  # from when on it was seen without a gap as a visit has at most
        self.looks = self.hits = 1
        self.strong = int(box.score >= rules.min_score)
        self.votes = {box.class_name: box.score}  # what it was called lately
        self.called = {box.class_name: box.score}  # the same, of all that time
        self.class_name = box.class_name
        self.visit: Visit | None = None  # that it is part of
        self.has_gone = False
        self.presences: dict[str, Presence] = {}  # by the place's id
        self.beside = 0  # results that have another one, too, for which it may be taken

    def hit(self, time: float, box: Box, rules: Rules) -> None:
        """A result has it."""
        passed = time - self.last
        fade = 0.5 ** (passed / FADE_SECONDS)
        lay_still = self.is_still
        if passed > LOST_SECONDS:
            self.found = time
        if passed > rules.gap_seconds:
            self.since = time
        self.last, self.box = time, box
        self.hits += 1
        self.strong += box.score >= rules.min_score
        for name in self.votes:
            self.votes[name] *= fade
        for votes in (self.votes, self.called):
            votes[box.class_name] = votes.get(box.class_name, 0.0) + box.score
        if box.class_name != self.class_name:
            self.class_name = max(self.votes, key=lambda name: self.votes[name])
        self.has_gone = self.has_gone or way(self.first_box, box) > GONE_WAY
        if lay_still:
            self.anchor = towards(self.anchor, box, 1 - 0.5 ** (passed / DRIFT_SECONDS))
        elif way(self.anchor, box) > STILL_WAY:
            self.anchor, self.moved = box, time

    @property
    def is_clear(self) -> bool:
        """Whether it is certain what it is."""
        if self.is_early:
            return False
        return max(self.votes.values()) >= CLEAR_SHARE * sum(self.votes.values())

    @property
    def is_early(self) -> bool:
        """Whether too little was seen of it to be certain."""
        least = CLEAR_SECONDS if self.beside >= AT_ONCE else LONE_SECONDS
        return self.hits < CLEAR_HITS or self.last - self.first < least

    @property
    def is_always(self) -> bool:
        """Whether it was called all the time what it is called now."""
        return self.called[self.class_name] >= ALWAYS_SHARE * sum(self.called.values())

    @property
    def is_still(self) -> bool:
        return self.last - self.moved >= STILL_SECONDS

    @property
    def is_settled(self) -> bool:
        """Whether it has lain for so long that it may sleep there unseen."""
        return self.last - self.moved >= SETTLED_SECONDS

    @property
    def is_asleep(self) -> bool:
        return self.last - self.moved >= ASLEEP_SECONDS

    @property
    def may_be_lost(self) -> float:
        """Seconds for which it may not be seen, and is there all the same."""
        if self.is_settled:
            return STILL_LOST_SECONDS
        return LOST_SECONDS if is_at_edge(self.box) else INSIDE_LOST_SECONDS

    def is_real(self, rules: Rules, is_expected: bool) -> bool:
        """``is_expected``: a visit is open that it may belong to."""
        seen = self.last - self.first
        least = rules.min_seconds * (1 if self.has_gone or is_expected else STAYING_TIMES)
        if self.hits < LEAST_HITS or seen < least or self.hits < LEAST_SHARE * self.looks:
            return False
        share = self.hits / self.looks
        if self.strong >= LEAST_STRONG or (self.strong and self.hits >= RARE_HITS and seen >= RARE_SECONDS):
            return True
        return seen >= FAINT_SECONDS and self.hits >= FAINT_HITS and self.has_gone and share >= FAINT_SHARE

    def reaches(self, box: Box, time: float) -> bool:
        """Whether it can be there by then."""
        if self.is_still:
            return way(self.anchor, box) <= WAKE_WAY
        return distance(self.box, box) <= self._way_to(box, time - self.last)

    def got_up_as(self, other: "Animal", is_alone: bool) -> bool:
        """Whether this one, which lay still, is the one that ``other`` is now. ``is_alone``: there never were two."""
        passed = other.first - self.last
        if passed >= (UP_SECONDS if is_alone else UP_AMONG_SECONDS):
            return False
        if not is_alone and self.last - self.found < UP_AMONG_SECONDS:  # or it is one that passed where it lies
            return False
        size = max(self.anchor.w, self.anchor.h, other.first_box.w, other.first_box.h)
        return distance(self.anchor, other.first_box) <= UP_SIZE * size + (UP_WAY if is_alone else UP_SPEED * passed)

    def _way_to(self, box: Box, seconds: float) -> float:
        return max(self.box.w, self.box.h, box.w, box.h) + SPEED * min(seconds, SPEED_SECONDS)
