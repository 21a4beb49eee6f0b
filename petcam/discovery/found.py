"""A camera or microphone that was found."""

from dataclasses import dataclass

MAX_TEXT = 80  # letters of what a device calls itself


@dataclass(frozen=True)
class Found:
    """``source`` is what to write behind ``key:`` below ``camera:``; empty where there is nothing to write. ``details``
    are further lines for people."""

    name: str
    source: str
    details: tuple[str, ...] = ()
    key: str = "source"


def shown(text: str) -> str:
    """Of what a device says in a form that a terminal can be given: one line, bounded, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_TEXT]).strip()[:MAX_TEXT]
