"""WebRTC signaling: what a viewer needs before its offer, the offer's token, and who answers it.

Imports ``config``, ``errors``, ``streamer_client``, ``web.http`` and ``web.login``.
"""

from flask import Flask

from petcam.streamer_client import StreamerClient
from petcam.web.login import Visitors
from petcam.web.signaling.offer_gate import OfferGate
from petcam.web.signaling.offer_token import OfferTokens, read_boot_id
from petcam.web.signaling.offers import Backend, Offers, ToBackend, ToStreamer
from petcam.web.signaling.viewer_config import ViewerConfig, streamer_origin

__all__ = ["OfferTokens", "ViewerConfig", "read_boot_id", "register", "streamer_origin"]


def register(
    app: Flask,
    visitors: Visitors,
    viewer_config: ViewerConfig,
    tokens: OfferTokens,
    streamer: StreamerClient,
    backend: Backend | None,
) -> None:
    """``backend`` answers offers in the streamer's place (``webrtc.backend: python``)."""
    way = ToStreamer(streamer) if backend is None else ToBackend(backend, OfferGate(tokens), visitors)
    Offers(viewer_config, way).register(app)
