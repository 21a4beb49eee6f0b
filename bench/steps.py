"""The steps between which a simulated petcam-events is killed: of its files, its database, and of what it sends.

Who was killed makes no further step: what its ``finally`` would still do to a file is not done.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from sqlite3 import Connection
from typing import Any
from unittest import mock

from petcam.events.store.link import Link

NEVER = 2**62
OF_FILES = ("fsync", "replace", "unlink")


class Killed(BaseException):
    """No ``except Exception`` stops it."""


class Steps:
    """For one thread."""

    def __init__(self) -> None:
        self._left = NEVER  # steps until the kill
        self._left_of_sending = 0  # the same, from when a way begins to send; 0: not waited for
        self._links: list[Link] = []  # that were opened by who lives

    def arm(self, left: int) -> None:
        self._left = left

    def arm_sending(self, left: int) -> None:
        """From the next message that is sent."""
        self._left_of_sending = left

    def sending(self) -> None:
        """A message is about to be."""
        if self._left_of_sending:
            self._left, self._left_of_sending = self._left_of_sending, 0

    @property
    def is_armed(self) -> bool:
        return self._left < NEVER // 2 or self._left_of_sending > 0

    def revive(self) -> None:
        """What the kernel does for who was killed comes first."""
        self._left, self._left_of_sending = NEVER, 0
        while self._links:
            self._links.pop().close()

    def make(self) -> None:
        """Raises :class:`Killed`."""
        self._left -= 1
        if self._left <= 0:
            raise Killed

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """A step before and one after each change of a file and each commit."""
        real, real_open, make = Link.transaction, Link.open, self.make

        def opened(link: Link) -> tuple[Connection, bool]:
            self._links.append(link)
            return real_open(link)

        @contextmanager
        def transaction(link: Link) -> Iterator[Connection]:
            make()
            with real(link) as database:
                yield database
                make()
            make()

        with ExitStack() as patches:
            patches.enter_context(mock.patch.object(Link, "transaction", transaction))
            patches.enter_context(mock.patch.object(Link, "open", opened))
            for name in OF_FILES:
                patches.enter_context(mock.patch.object(os, name, self._around(getattr(os, name))))
            yield

    def _around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*words: Any, **named: Any) -> Any:
            self.make()
            found = do(*words, **named)
            self.make()
            return found

        return stepping
