"""How large the camera's picture is, so that a page can keep its place before it is there."""

import json
from contextlib import suppress
from typing import Protocol

from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient


class Backend(Protocol):
    """The one in :mod:`petcam.web.webrtc` (``webrtc.backend: python``)."""

    def health(self) -> dict[str, object]: ...


class PictureSize:
    """What the last health said that knew a picture. Only the first page, which comes before any of these, asks by
    itself, and once: no other waits for a streamer that hangs. What it did not know, the page's own questions bring.

    A size is set and read as a whole, so threads need no lock."""

    def __init__(self, streamer: StreamerClient, backend: Backend | None) -> None:
        self._streamer, self._backend = streamer, backend
        self._known: tuple[int, int] | None = None
        self._asked = False

    def now(self) -> tuple[int, int] | None:
        """Width and height in square pixels; None before the first picture, and where nobody answers."""
        if self._known is None and not self._asked:
            self._asked = True
            with suppress(PetcamError):  # the client has logged it
                self.note(self._backend.health() if self._backend else json.loads(self._streamer.read("/health").body))
        return self._known

    def note(self, health: object) -> None:
        """``health`` as docs/http-api.md has it; one without a picture, or of another form, says nothing."""
        try:
            camera = health["camera"]  # type: ignore[index]
            width, height, (across, down) = int(camera["width"]), int(camera["height"]), camera["aspect"]
            square = round(width * across / down)
        except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
            return
        if square > 0 and height > 0:
            self._known = (square, height)
