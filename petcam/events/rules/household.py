"""What is known of the pets of a house, from visit to visit."""

KNOWN_VISITS = 3  # that have ended without two at once: then there is only one


class Household:
    """Counted from the start of petcam-events on."""

    def __init__(self) -> None:
        self._most: dict[str, int] = {}  # by class, how many were seen at once
        self._ended: dict[str, int] = {}  # visits

    def note(self, class_name: str, at_once: int) -> None:
        self._most[class_name] = max(self.most(class_name), at_once)

    def note_end(self, class_name: str) -> None:
        """A visit of that class has ended."""
        self._ended[class_name] = self._ended.get(class_name, 0) + 1

    def most(self, class_name: str) -> int:
        """How many there are at least."""
        return self._most.get(class_name, 1)

    def has_one(self, class_name: str) -> bool:
        """Whether there is only one, as far as can be told."""
        return self.most(class_name) == 1 and self._ended.get(class_name, 0) >= KNOWN_VISITS
