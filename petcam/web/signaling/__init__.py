"""WebRTC signaling: the configuration that a viewer needs before its offer, the offer's token, and the answer.

Imports ``config``, ``errors``, ``streamer_client``, ``system``, ``web.http`` and ``web.login``.
"""

from flask import Flask

from petcam.streamer_client import StreamerClient
from petcam.web.login import Visitors
from petcam.web.signaling.offer_gate import OfferGate
from petcam.web.signaling.offer_token import OfferTokens
from petcam.web.signaling.offers import Backend, BackendAnswers, Offers, StreamerAnswers
from petcam.web.signaling.picture_size import PictureSize
from petcam.web.signaling.viewer_config import ViewerConfig, streamer_origin

__all__ = ["OfferTokens", "PictureSize", "ViewerConfig", "register", "streamer_origin"]


def register(
    app: Flask,
    visitors: Visitors,
    viewer_config: ViewerConfig,
    tokens: OfferTokens,
    streamer: StreamerClient,
    backend: Backend | None,
) -> None:
    """``backend`` answers offers instead of the streamer (``webrtc.backend: python``)."""
    answers = StreamerAnswers(streamer) if backend is None else BackendAnswers(backend, OfferGate(tokens), visitors)
    Offers(viewer_config, answers).register(app)
