"""A way by which a message leaves the house."""

import hashlib
from typing import Protocol

from petcam.telling.message import Message


class NotSentError(Exception):
    """Nothing has arrived, so it may be tried again. Its words name no secret."""


class UnclearError(Exception):
    """It may have arrived, so it is not tried again. Its words name no secret."""


class Way(Protocol):
    """For one thread."""

    name: str  # for people: its scheme, and its host where that is none of its secrets
    key: str  # the same over restarts, and tells nothing

    def trouble(self) -> str:
        """Why it cannot work, with the remedy, as far as that shows without sending; empty: nothing shows. Safe in any
        thread."""
        ...

    def send(self, message: Message) -> bool:
        """Whether :meth:`complete` can bring it up to date later. Raises the two above."""
        ...

    def complete(self, message: Message) -> None:
        """Put ``message`` into the place of the earlier one of its tag, without a sound. Raises the same."""
        ...


def key_of(kind: str, secret: str) -> str:
    return hashlib.sha256(f"{kind} {secret}".encode()).hexdigest()[:16]
