"""What petcam-events has noticed: list, one, delete, days, the pictures of visits, and as server-sent events while it
happens.

Imports ``errors``, ``events``, ``events.read``, ``media``, ``streamer_client``, ``web.http`` and ``web.recordings``.
"""

from flask import Flask

from petcam.events.control_client import ControlClient
from petcam.events.read import Reader
from petcam.web.events.days import Days
from petcam.web.events.event_feed import EventFeed
from petcam.web.events.event_list import EventList
from petcam.web.events.picture_folder import PictureFolder
from petcam.web.events.picture_keeper import PictureKeeper
from petcam.web.events.picture_route import PictureRoute
from petcam.web.events.picture_source import PictureSource
from petcam.web.events.service_state import ServiceState
from petcam.web.events.soon_picture import SoonPicture
from petcam.web.events.videos import Videos
from petcam.web.events.visit_link import VisitLink
from petcam.web.events.visit_pictures import VisitPictures
from petcam.web.http import OpenStreams

__all__ = [
    "EventFeed",
    "PictureFolder",
    "PictureKeeper",
    "PictureRoute",
    "PictureSource",
    "ServiceState",
    "SoonPicture",
    "Videos",
    "VisitPictures",
    "register",
]


def register(
    app: Flask, reader: Reader, videos: Videos, feed: EventFeed, service: ControlClient, streams: OpenStreams
) -> None:
    """``service`` is petcam-events, which alone deletes."""
    EventList(reader, videos, feed, service, streams).register(app)
    Days(reader).register(app)
    VisitLink(reader, videos).register(app)
