"""The camera's sound, as the page sees it: whether there is a microphone, whether it is on, how loud it is now; and the
switch by which the owner ends it for all.

What is heard goes from the streamer to the browser. Imports ``access``, ``config``, ``errors``, ``shm`` and
``web.http``.
"""

from flask import Flask

from petcam.web.sound.ear import Ear
from petcam.web.sound.level_feed import LevelFeed
from petcam.web.sound.sound import Sound
from petcam.web.sound.sound_route import SoundRoute

__all__ = ["Ear", "LevelFeed", "Sound", "register"]


def register(app: Flask, sound: Sound) -> None:
    """Every template gets ``microphone``: ``on``, ``off``, or empty where the camera has none."""
    SoundRoute(sound).register(app)
    app.context_processor(lambda: {"microphone": sound.microphone()})
