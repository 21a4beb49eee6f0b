"""What the views work with; the factory puts it into the app."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from petcam.config import Config
from petcam.streamer_client import StreamerClient
from petcam.web.aio.server import PythonWebRTC
from petcam.web.cookie import Cookie
from petcam.web.detection_feed import DetectionFeed
from petcam.web.hosts import Hosts
from petcam.web.offer_token import OfferTokens
from petcam.web.owner import Owner
from petcam.web.picture_feed import PictureFeed
from petcam.web.places import Places
from petcam.web.recording_directory import RecordingDirectory
from petcam.web.recording_thumbnail import Thumbnails
from petcam.web.sessions import Sessions
from petcam.web.throttle import Throttle
from petcam.web.viewing_tokens import ViewingTokens

EXTENSION = "petcam"


@dataclass(frozen=True)
class Services:
    config: Config
    streamer: StreamerClient
    detections: DetectionFeed
    pictures: PictureFeed
    recordings: RecordingDirectory
    thumbnails: Thumbnails
    owner: Owner
    sessions: Sessions
    cookie: Cookie
    hosts: Hosts
    tokens: OfferTokens
    viewing: ViewingTokens
    tls_word: str  # forwarded.tls_word
    throttle: Throttle
    places: Places
    webrtc: PythonWebRTC | None = None  # with webrtc.backend: python


def services() -> Services:
    """Those of the app that answers the current request."""
    return cast(Services, current_app.extensions[EXTENSION])
