"""What petcam-streamer answers with 501 where it serves the page alone: the list of docs/http-api.md.

A test that is marked ``needs_python("settings")`` needs what is named, and is skipped with ``PETCAM_SERVER=go``.
tests/unit/test_left_out.py holds the list together with ``tests/routes.json``, to which both servers are held.
"""

import re
from collections.abc import Iterable

import pytest

from tests.chosen_server import is_go

# By name, the routes as Flask has them.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "pictures": ("/stream.mjpg", "/snapshot.jpg"),
    "thumbnails": ("/api/recordings/<name>/thumbnail.jpg",),
    "visits": (
        "/api/days",
        "/api/days/<day>",
        "/api/events",
        "/api/events/<event>",
        "/api/events/<event>/picture.jpg",
        "/api/events/stream",
        "/visits/<event>",
    ),
    "settings": ("/settings", "/api/settings", "/api/settings/test", "/api/settings/ways"),
    "places": ("/places", "/api/places"),
    "muting": ("/mute/<token>",),
}
# What a test may need besides, that is no route.
OF_PYTHON = {
    "backend": "webrtc.backend: python, and petcam compare",
    "apart": "petcam-web and the streamer are two processes, of which one is away",
    "inside": "it looks into petcam-web's own process, or stands between it and the streamer",
    "assets": "templates, words and scripts of a folder that the test makes",
}


def is_left_out(path: str) -> bool:
    """Whether the streamer says 501 to a path, with values in the place of its parameters."""
    patterns = (re.sub("<[^>]*>", "[^/]+", route) for routes in LEFT_OUT.values() for route in routes)
    return any(re.fullmatch(pattern, path) for pattern in patterns)


def skip_with_go(needed: Iterable[str]) -> None:
    """Skip a test that needs these of Python's."""
    for what in needed:
        assert what in LEFT_OUT or what in OF_PYTHON, f"nothing called {what!r} is left out"
        if is_go():
            pytest.skip(f"needs Python: {what}")
