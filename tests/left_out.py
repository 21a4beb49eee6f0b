"""What petcam-streamer answers with 501 where it serves the page alone: the list of docs/http-api.md.

A test that is marked ``needs_python("settings")`` needs what is named, and is skipped with ``PETCAM_SERVER=go``.
tests/integration/web/test_both_servers.py holds the list together with what both servers answer.
"""

import re
from collections.abc import Iterable

import pytest

from tests.chosen_server import is_go

# By name, the routes as the document has them; an empty tuple: no route, but what is chosen in the configuration.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "pictures": ("/stream.mjpg", "/snapshot.jpg"),
    "thumbnails": ("/api/recordings/NAME/thumbnail.jpg",),
    "visits": (
        "/api/events",
        "/api/events/stream",
        "/api/events/ID",
        "/api/events/ID/picture.jpg",
        "/api/days",
        "/api/days/DAY",
        "/visits/ID",
    ),
    "settings": ("/settings", "/api/settings", "/api/settings/ways", "/api/settings/test"),
    "places": ("/places", "/api/places"),
    "muting": ("/mute/TOKEN",),
    "backend": (),  # webrtc.backend: python, and petcam compare
}

# What a test may need besides, since there is nothing of the kind where one process serves all.
OF_TWO_PROCESSES = {
    "apart": "petcam-web is there while the streamer is not, or the other way round",
    "inside": "what is looked at is within petcam-web's process, or between it and the streamer",
}


def is_left_out(path: str) -> bool:
    """Whether the streamer says 501 to a path, with values in the place of the words in capitals."""
    return any(re.fullmatch(pattern_of(route), path) for routes in LEFT_OUT.values() for route in routes)


def pattern_of(route: str) -> str:
    return re.sub("[A-Z]{2,}", "[^/]+", route)


def skip_with_go(needed: Iterable[str]) -> None:
    """Skip a test that needs these of Python's."""
    for what in needed:
        assert what in LEFT_OUT or what in OF_TWO_PROCESSES, f"nothing called {what!r} is left out"
        if is_go():
            pytest.skip(f"needs Python: {what}")
