"""``petcam web``: makes what the web service consists of, starts it, and stops it in reverse order."""

import argparse
import logging
from contextlib import ExitStack
from functools import partial

from petcam import segments
from petcam.access import (
    CameraSwitch,
    FirstHour,
    Owner,
    SoundSwitch,
    ViewingTokens,
    place_of,
    secret_key,
    state_directory,
    sweep_temporaries,
)
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.place import asked_path, events_directory
from petcam.events.read import Reader
from petcam.media.budget import PictureBudget
from petcam.places import PlacesFile
from petcam.settings import OffTime, SettingsFile
from petcam.shm.base_reader import Gate
from petcam.streamer_client import StreamerClient
from petcam.streamer_url import streamer_url
from petcam.system.boot_time import read_boot_id
from petcam.system.control_socket import ControlSocket
from petcam.system.hostname import machine_names
from petcam.system.network import is_loopback
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog, keep_trying
from petcam.web import Services, create_app, end_streams, webrtc
from petcam.web.camera import Camera, Timer
from petcam.web.control import PICTURE_SECONDS, Answers, Moments
from petcam.web.events import (
    EventFeed,
    PictureFolder,
    PictureKeeper,
    PictureRoute,
    PictureSource,
    SoonPicture,
    Videos,
    VisitPictures,
)
from petcam.web.http import Hosts, StreamSlots, WebServer, lan_url, tls_proof
from petcam.web.live import DetectionFeed
from petcam.web.login import Cookie, Keeper, Sessions, Throttle
from petcam.web.pictures import PACE_COUNT, PictureFeed, SourceSelector, picture_now
from petcam.web.recordings import RecordingDirectory, Thumbnails
from petcam.web.settings import MuteToken
from petcam.web.signaling import OfferTokens
from petcam.web.sound import Ear, LevelFeed, Sound
from petcam.web_control import web_control_path

SERVED = (
    "web.server is go: petcam-streamer serves the page; for petcam-web to serve it write web.server: python, "
    "then: sudo systemctl restart petcam-web"
)
LOOK_SECONDS = 2.0  # between looks whether the state's disk has come

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    if config.web.server == "go":
        raise PetcamError(Code.BAD_CONFIG, SERVED)
    services = build(config)
    with Signals() as signals:
        server = keep_trying(lambda: _listen(services), signals)
        if server is not None:
            _run(services, server, signals)
    return 0


def _listen(services: Services) -> WebServer:
    web = services.config.web
    return WebServer(create_app(services), web.host, web.port, web.threads)


def _run(services: Services, server: WebServer, signals: Signals) -> None:
    config = services.config
    if config.auth.mode == "password" and services.owner.may_be_new():
        services.first_hour.begin()
    keeper = Keeper(services.sessions, services.first_hour, end_streams(services.streamer, services.webrtc))
    feeds = (services.detections, services.event_feed, *([services.levels] if services.levels else []))
    timer = Timer(services.camera_switch, partial(_schedule, services.settings))
    checks = {
        "web": server.is_alive,
        "logins": keeper.is_alive,
        "timer": timer.is_alive,
        **{feed.name: feed.is_alive for feed in feeds},
    }
    if services.webrtc is not None:
        checks["webrtc"] = services.webrtc.is_alive
    watchdog = Watchdog(checks)
    with ExitStack() as stack:
        stack.callback(services.streamer.close)
        keeper.start()
        stack.callback(keeper.stop)  # the last of all, so that it writes what the last requests have changed
        timer.start()
        stack.callback(timer.stop)
        control = control_socket(services)
        control.start()
        stack.callback(control.close)
        server.start()
        stack.callback(server.stop)
        for feed in feeds:
            feed.start()
            stack.callback(feed.stop)  # runs before the server's stop, which waits for open streams
        stack.callback(services.pictures.stop)
        if services.picture_keeper is not None and services.owner.place_trouble() is None:
            services.picture_keeper.start()
            stack.callback(services.picture_keeper.stop)
        if services.webrtc is not None:
            services.webrtc.start()
            stack.callback(services.webrtc.stop)
        _warn_if_open(config)
        _log.info("serving on http://%s:%d", config.web.host, server.port)
        serve(services, watchdog, signals)
        watchdog.stopping()


def build(config: Config) -> Services:
    """The collaborators, none of them started."""
    camera, state = config.camera, state_directory()
    sweep_temporaries(state)
    boot = read_boot_id()
    first_hour, token_key = FirstHour(state, boot), secret_key("token.key", state)
    owner = Owner(state, first_hour, place_of(state))
    picture_budget, streamer = PictureBudget(), StreamerClient(streamer_url(config), config.web.threads)
    recording, recordings = config.recording, RecordingDirectory(config.recording.directory)
    events = Reader(events_directory())
    session_key = secret_key("session.key", state)
    folder = PictureFolder(state, recording.directory, recording.max_bytes, recording.min_free_bytes)
    switch, camera_switch = SoundSwitch(state, place=owner.place), CameraSwitch(state, place=owner.place)
    gate = camera_switch.gate
    audio = partial(segments.audio_reader, camera.audio, gate)
    sound = Sound(config, switch, camera_switch, Ear(audio))
    detections = DetectionFeed(lambda: segments.detection_reader(camera.layout, camera.detections, gate=gate))
    levels = LevelFeed(sound, detections.subscribers, audio) if sound.is_there else None
    visits = VisitPictures(folder, PictureSource(events, recordings, streamer, boot), picture_budget)
    return Services(
        config=config,
        streamer=streamer,
        detections=detections,
        picture_budget=picture_budget,
        pictures=PictureFeed(
            SourceSelector(camera.layout, camera.stream, gate=gate),
            lambda: segments.detection_reader(camera.layout, camera.detections, PACE_COUNT - 1, gate),
            picture_budget,
        ),
        recordings=recordings,
        events=events,
        event_feed=EventFeed(events, Videos(recordings, streamer)),
        events_service=ControlClient(asked_path()),
        thumbnails=Thumbnails(picture_budget),
        first_hour=first_hour,
        owner=owner,
        sessions=Sessions(state, owner.generation, boot),
        cookie=Cookie(session_key),
        hosts=Hosts(config, machine_names),
        offer_tokens=OfferTokens(token_key.secret, boot),
        viewing_tokens=ViewingTokens(state),
        proof=tls_proof(token_key.secret),
        throttle=Throttle(),
        stream_slots=StreamSlots.for_threads(config.web.threads),
        sound=sound,
        sound_switch=switch,
        camera=Camera(camera_switch),
        camera_switch=camera_switch,
        settings=SettingsFile(state, owner.place),
        places=PlacesFile(state, owner.place),
        mute_token=MuteToken(session_key),
        webrtc=_python_webrtc(config, gate),
        event_pictures=PictureRoute(events, visits),
        soon_picture=SoonPicture(events, visits),
        picture_keeper=PictureKeeper(events, folder, visits),
        levels=levels,
    )


def control_socket(services: Services) -> ControlSocket:
    """Not started."""
    camera, soon = services.camera, services.soon_picture

    def now(deadline: float) -> bytes | None:
        return picture_now(services.pictures, deadline) if camera.is_on() else None

    moments = Moments(
        partial(lan_url, services.config.web),
        services.mute_token.make,
        soon.get if soon else lambda event_id, deadline: None,
        now,
    )
    answers = Answers(camera, services.settings, moments)
    return ControlSocket(web_control_path(state_directory()), "petcam-web", answers, PICTURE_SECONDS)


def _schedule(settings: SettingsFile) -> tuple[OffTime, ...] | None:
    found = settings.known()
    return None if found is None else found.schedule


def _python_webrtc(config: Config, gate: Gate) -> webrtc.PythonWebRTC | None:
    """None unless it is configured. Raises ``BAD_CONFIG`` where aiortc is missing."""
    if config.webrtc.backend != "python":
        return None
    webrtc.require_aiortc()
    webrtc.quieten_libraries()
    camera = config.camera
    return webrtc.PythonWebRTC(config.webrtc, lambda: segments.stream_reader(camera.layout, camera.stream, gate))


def serve(services: Services, watchdog: Watchdog, signals: Signals) -> None:
    """Feed the watchdog until SIGTERM or SIGINT, or until the state's disk comes or goes: systemd then starts the
    service anew, with the state that is there."""
    trouble = services.owner.place_trouble()
    if trouble is not None:
        _log.error("%s", trouble.message)
    watchdog.ready(trouble.message if trouble else "ready")
    pause = min(watchdog.interval, LOOK_SECONDS) if trouble else watchdog.interval
    while signals.wait(pause) is None:
        if services.owner.place.has_changed():
            _log.warning("%s has come or gone: starting anew", state_directory())
            return
        trouble = services.owner.place_trouble()
        failed = watchdog.beat(trouble.message if trouble else f"{services.stream_slots.taken()} open streams")
        if failed:
            _log.error("not answering: %s", ", ".join(failed))


def _warn_if_open(config: Config) -> None:
    if config.auth.mode == "none" and not is_loopback(config.web.host):
        _log.warning("auth.mode is none: everybody who reaches port %d sees the camera", config.web.port)
