"""Pictures for those who cannot play WebRTC: MJPEG and snapshots, decoded once and made once for all who look.

Imports ``errors``, ``media``, ``shm`` and ``web.http``.
"""

from flask import Flask

from petcam.web.http import OpenStreams
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.mjpeg import PictureRoutes
from petcam.web.pictures.source import Cameras

__all__ = ["Cameras", "PictureFeed", "register"]


def register(app: Flask, pictures: PictureFeed, streams: OpenStreams) -> None:
    PictureRoutes(pictures, streams).register(app)
