"""One animal, from result to result: whether it is really there, what it is, whether it lies still."""

from petcam.events.rules.box import Box, distance, way
from petcam.events.rules.settings import CLEAR_HITS, CLEAR_SECONDS, CLEAR_SHARE, Rules
from petcam.events.rules.visit import Visit

LEAST_HITS, LEAST_STRONG, LEAST_SHARE = 2, 2, 0.4  # results that have it, that are sure of it, of all since the first
FAINT_SECONDS, FAINT_HITS = 5.0, 6  # one that is never sure counts after so long, if it has gone somewhere
FAINT_SHARE = 0.6
STILL_WAY = 0.25  # of its size: within that it lies still; a detector's boxes tremble
WAKE_WAY = 0.5  # farther from where it lies still, a box is of another animal, or of one that got up
STILL_SECONDS = 3.0  # after which it lies still: it does not go away unseen
ASLEEP_SECONDS = 60.0  # after which it is asleep
UP_SECONDS = 1.0  # that the detector may miss of one that gets up
GONE_WAY = 0.6  # of its size, between its first box and another: it has gone somewhere
SPEED, SPEED_SECONDS = 0.6, 2.0  # parts of the picture that an animal may go in a second; unseen, for so long
FADE_SECONDS = 20.0  # after which what it was called counts half


class Animal:
    """Times are seconds of one clock; ``looks`` counts the results since its first."""

    def __init__(self, time: float, box: Box, rules: Rules) -> None:
        self.first = self.last = self.moved = time
        self.box = self.first_box = self.anchor = box
        self.looks = self.hits = 1
        self.strong = int(box.score >= rules.min_score)
        self.votes = {box.class_name: box.score}
        self.class_name = box.class_name
        self.visit: Visit | None = None  # that it is part of
        self.has_gone = False

    def hit(self, time: float, box: Box, rules: Rules) -> None:
        """A result has it."""
        fade = 0.5 ** ((time - self.last) / FADE_SECONDS)
        self.last, self.box = time, box
        self.hits += 1
        self.strong += box.score >= rules.min_score
        for name in self.votes:
            self.votes[name] *= fade
        self.votes[box.class_name] = self.votes.get(box.class_name, 0.0) + box.score
        if box.class_name != self.class_name:
            self.class_name = max(self.votes, key=lambda name: self.votes[name])
        self.has_gone = self.has_gone or way(self.first_box, box) > GONE_WAY
        if way(self.anchor, box) > STILL_WAY and not self.is_still:
            self.anchor, self.moved = box, time

    @property
    def is_clear(self) -> bool:
        """Whether it is certain what it is."""
        is_known = self.hits >= CLEAR_HITS and self.last - self.first >= CLEAR_SECONDS
        return is_known and max(self.votes.values()) >= CLEAR_SHARE * sum(self.votes.values())

    @property
    def is_still(self) -> bool:
        return self.last - self.moved >= STILL_SECONDS

    @property
    def is_asleep(self) -> bool:
        return self.last - self.moved >= ASLEEP_SECONDS

    def is_real(self, rules: Rules) -> bool:
        seen = self.last - self.first
        if self.hits < LEAST_HITS or seen < rules.min_seconds or self.hits < LEAST_SHARE * self.looks:
            return False
        if self.strong >= LEAST_STRONG:
            return True
        return (
            seen >= FAINT_SECONDS
            and self.hits >= FAINT_HITS
            and self.has_gone
            and self.hits >= FAINT_SHARE * self.looks
        )

    def reaches(self, box: Box, time: float) -> float:
        """How far off that box is, from 0; over 1: it is too far for this animal to be there by then."""
        if self.is_still:
            return way(self.anchor, box) / WAKE_WAY
        return distance(self.box, box) / self._way_to(box, time - self.last)

    def got_up_as(self, other: "Animal") -> bool:
        """Whether this one, which lay still, is the one that ``other`` is now."""
        return self.last < other.first and distance(self.anchor, other.first_box) <= self._way_to(
            other.first_box, UP_SECONDS
        )

    def _way_to(self, box: Box, seconds: float) -> float:
        return max(self.box.w, self.box.h, box.w, box.h) + SPEED * min(seconds, SPEED_SECONDS)
