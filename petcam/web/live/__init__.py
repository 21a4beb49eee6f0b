"""The live page: the page itself, the detector's results as server-sent events, and the services' health.

Imports ``config``, ``errors``, ``shm``, ``streamer_client``, ``system``, ``web.http`` and ``web.signaling``.
"""

from collections.abc import Callable, Mapping, Sized

from flask import Flask

from petcam.config import Config
from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.web.http import OpenStreams
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.live.detections import DetectionEvents
from petcam.web.live.health import Backend, Health
from petcam.web.live.live_page import LivePage
from petcam.web.signaling import PictureSize, ViewerConfig

__all__ = ["DetectionFeed", "register"]


def register(
    app: Flask,
    config: Config,
    viewer_config: ViewerConfig,
    size: PictureSize,
    detections: DetectionFeed,
    streams: OpenStreams,
    streamer: StreamerClient,
    backend: Backend | None,
    troubles: Callable[[], list[PetcamError]],
    audience: Sized,
    beside: Mapping[str, Callable[[], object]],
) -> None:
    """``backend`` streams instead of the streamer (``webrtc.backend: python``); ``troubles`` are those of the state;
    ``audience`` watches by MJPEG; ``beside`` is what else the health has, by its name."""
    LivePage(config, viewer_config).register(app)
    DetectionEvents(detections, streams).register(app)
    Health(streamer, backend, size, troubles, audience, beside).register(app)
