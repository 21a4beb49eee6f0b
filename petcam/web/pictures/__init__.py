"""Pictures for clients without WebRTC: MJPEG and snapshots, each decoded once and encoded once for all clients.

Imports ``errors``, ``media``, ``shm`` and ``web.http``.
"""

from flask import Flask

from petcam.media.budget import PictureBudget
from petcam.web.http import Downloads, OpenStreams
from petcam.web.pictures.audience import Audience
from petcam.web.pictures.current_picture import picture_now
from petcam.web.pictures.detector_pace import PACE_COUNT
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.mjpeg import PictureRoutes
from petcam.web.pictures.sent import SentPictures
from petcam.web.pictures.source import SourceSelector

__all__ = ["PACE_COUNT", "SourceSelector", "PictureFeed", "picture_now", "register"]


def register(
    app: Flask, pictures: PictureFeed, streams: OpenStreams, budget: PictureBudget, downloads: Downloads
) -> Audience:
    """Returns who watches by MJPEG."""
    audience = Audience()
    PictureRoutes(pictures, streams, SentPictures(budget), audience, downloads).register(app)
    return audience
