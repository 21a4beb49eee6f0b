"""What the views work with; the factory puts it into the app."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from petcam.access.owner import Owner
from petcam.access.viewing_tokens import ViewingTokens
from petcam.config import Config
from petcam.streamer_client import StreamerClient
from petcam.web.http.hosts import Hosts
from petcam.web.http.stream_slots import Places
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Sessions
from petcam.web.login.throttle import Throttle
from petcam.web.pictures.feed import PictureFeed
from petcam.web.recordings.directory import RecordingDirectory
from petcam.web.recordings.thumbnails import Thumbnails
from petcam.web.signaling.offer_token import OfferTokens
from petcam.web.webrtc.backend import PythonWebRTC

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
