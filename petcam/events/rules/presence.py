"""One animal at one place: since when, and whether it only passes. Imports nothing."""

ENTER_SECONDS = 2.0  # at a place, after which an animal is there


class Presence:
    """Of one animal at one place. ``seconds`` are those at it, less those away since; at most ``ENTER_SECONDS``."""

    def __init__(self, time: float) -> None:
        self.since = self.last = time  # it was seen, at this place or elsewhere
        self.seconds = 0.0
        self.is_inside = False

    def note(self, time: float, is_inside: bool) -> None:
        passed = time - self.last
        if not is_inside:
            self.seconds = max(0.0, self.seconds - passed)
        elif self.is_inside:
            self.seconds = min(ENTER_SECONDS, self.seconds + passed)
        elif not self.seconds:
            self.since = time
        self.last, self.is_inside = time, is_inside

    @property
    def is_there(self) -> bool:
        return self.is_inside and self.seconds >= ENTER_SECONDS
