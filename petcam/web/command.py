"""``petcam web``: wires the app, serves it, and stops everything in reverse."""

import argparse
import logging
import socket
from contextlib import ExitStack

from petcam import shm
from petcam.access.owner import Owner
from petcam.access.secret_file import key, state_directory
from petcam.access.viewing_tokens import ViewingTokens
from petcam.config import Config
from petcam.streamer_client import StreamerClient, streamer_url
from petcam.system.network import is_loopback
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog
from petcam.web.app import create_app
from petcam.web.http.forwarded import tls_word
from petcam.web.http.hosts import Hosts
from petcam.web.http.server import WebServer
from petcam.web.http.stream_slots import Places
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Sessions
from petcam.web.login.throttle import Throttle
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.source import Cameras
from petcam.web.recordings.directory import RecordingDirectory
from petcam.web.recordings.thumbnails import Thumbnails
from petcam.web.services import Services
from petcam.web.signaling.offer_gate import OfferGate
from petcam.web.signaling.offer_token import OfferTokens, read_boot_id
from petcam.web.webrtc import backend as aio

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    services = build(config)
    server = WebServer(create_app(services), config.web.host, config.web.port, config.web.threads)
    checks = {"detections": services.detections.goes_round, "web": server.answers}
    if services.webrtc is not None:
        checks["webrtc"] = services.webrtc.goes_round
    watchdog = Watchdog(checks)
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        stack.callback(services.streamer.close)
        server.start()
        stack.callback(server.stop)
        services.detections.start()
        stack.callback(services.detections.stop)  # before the server's: that waits for open streams
        stack.callback(services.pictures.stop)
        if services.webrtc is not None:
            services.webrtc.start()
            stack.callback(services.webrtc.stop)
        _warn(config)
        _log.info("serving on http://%s:%d", config.web.host, server.port)
        serve(services, watchdog, signals)
        watchdog.stopping()
    return 0


def build(config: Config) -> Services:
    """The collaborators, none of them started."""
    camera, state = config.camera, state_directory()
    owner, token_key = Owner(state), key("token.key", state)
    tokens = OfferTokens(token_key, read_boot_id())
    return Services(
        config=config,
        streamer=StreamerClient(streamer_url(config), config.web.threads),
        detections=DetectionFeed(lambda: shm.detection_reader(camera.layout, camera.detections)),
        pictures=PictureFeed(
            Cameras(camera.layout, camera.stream), lambda: shm.detection_reader(camera.layout, camera.detections)
        ),
        recordings=RecordingDirectory(config.recording.directory),
        thumbnails=Thumbnails(),
        owner=owner,
        sessions=Sessions(state / "sessions.json", owner.generation),
        cookie=Cookie(key("session.key", state)),
        hosts=Hosts(config, socket.gethostname()),
        tokens=tokens,
        viewing=ViewingTokens(state),
        tls_word=tls_word(token_key),
        throttle=Throttle(),
        places=Places.of_threads(config.web.threads),
        webrtc=_python_webrtc(config, OfferGate(tokens)),
    )


def _python_webrtc(config: Config, gate: OfferGate) -> aio.PythonWebRTC | None:
    """Raises ``BAD_CONFIG`` where it is asked for and aiortc is missing."""
    if config.webrtc.backend != "python":
        return None
    aio.require()
    aio.quieten()
    camera = config.camera
    return aio.PythonWebRTC(config.webrtc, lambda: shm.stream_reader(camera.layout, camera.stream), gate)


def serve(services: Services, watchdog: Watchdog, signals: Signals) -> None:
    """Until SIGTERM or SIGINT."""
    watchdog.ready("ready")
    while signals.wait(watchdog.interval) is None:
        failed = watchdog.beat(f"{services.places.taken()} open streams")
        if failed:
            _log.error("not answering: %s", ", ".join(failed))


def _warn(config: Config) -> None:
    if config.auth.mode == "none" and not is_loopback(config.web.host):
        _log.warning("auth.mode is none: everybody who reaches port %d sees the camera", config.web.port)
