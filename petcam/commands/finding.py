"""One line of ``petcam doctor``."""

from dataclasses import dataclass
from enum import Enum


class Sign(Enum):
    OK = "✓ ok  "
    LOOK = "! look"
    BROKEN = "✗ bad "


@dataclass(frozen=True)
class Finding:
    sign: Sign
    subject: str
    words: str  # what was found, and the remedy
