"""The configuration file, petcam.yaml: every scalar is text, read by its key's kind.

``etc/petcam.yaml`` documents every key; ``streamer/internal/config`` reads the same file in Go.
``tests/config-cases.yaml`` holds both to the same answers. A new key is a line in ``keys.py``.
"""

from petcam.config.keys import Auth, Camera, Config, Detect, Events, Notify, Recording, Streamer, Web, WebRTC
from petcam.config.mistake import Mistake
from petcam.config.reader import DEFAULT_PATH, load, parse

__all__ = [
    "DEFAULT_PATH",
    "Auth",
    "Camera",
    "Config",
    "Detect",
    "Events",
    "Mistake",
    "Notify",
    "Recording",
    "Streamer",
    "Web",
    "WebRTC",
    "load",
    "parse",
]
