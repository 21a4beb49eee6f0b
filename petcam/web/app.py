"""The Flask app: a factory that takes its collaborators and registers each room of the web service."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flask import Flask

from petcam.access import CameraSwitch, FirstHour, Owner, SoundSwitch, ViewingTokens
from petcam.config import Config
from petcam.errors import PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.read import Reader
from petcam.media.budget import PictureBudget
from petcam.places import PlacesFile
from petcam.settings import SettingsFile
from petcam.streamer_client import StreamerClient
from petcam.system.assets import assets_folder
from petcam.web import camera, events, http, live, login, pictures, places, recordings, settings, signaling, sound
from petcam.web.camera import Camera
from petcam.web.events import EventFeed, PictureKeeper, PictureRoute, ServiceState, SoonPicture, Videos
from petcam.web.http import Downloads, Hosts, OpenStreams, StreamSlots, address_for_others
from petcam.web.live import DetectionFeed
from petcam.web.login import Cookie, Sessions, Throttle, Visitors
from petcam.web.pictures import PictureFeed
from petcam.web.recordings import RecordingDirectory, Thumbnails
from petcam.web.settings import MuteToken
from petcam.web.signaling import OfferTokens, PictureSize, ViewerConfig, streamer_origin
from petcam.web.sound import LevelFeed, Sound
from petcam.web.webrtc import PythonWebRTC


@dataclass(frozen=True)
class Services:
    """What the rooms work with. Only the factory below and ``petcam.commands.web`` know all of it."""

    config: Config
    streamer: StreamerClient
    detections: DetectionFeed
    picture_budget: PictureBudget
    pictures: PictureFeed
    recordings: RecordingDirectory
    events: Reader
    event_feed: EventFeed
    events_service: ControlClient
    thumbnails: Thumbnails
    first_hour: FirstHour
    owner: Owner
    sessions: Sessions
    cookie: Cookie
    hosts: Hosts
    offer_tokens: OfferTokens
    viewing_tokens: ViewingTokens
    proof: str  # by which the streamer's TLS proxy is recognised
    throttle: Throttle
    stream_slots: StreamSlots
    sound: Sound
    sound_switch: SoundSwitch
    camera: Camera
    camera_switch: CameraSwitch
    settings: SettingsFile
    places: PlacesFile
    mute_token: MuteToken
    webrtc: PythonWebRTC | None = None  # only with webrtc.backend: python
    event_pictures: PictureRoute | None = None
    soon_picture: SoonPicture | None = None
    picture_keeper: PictureKeeper | None = None
    levels: LevelFeed | None = None  # only with a microphone


def create_app(services: Services, assets: Path | None = None) -> Flask:
    """The app over ``services``; ``assets`` holds ``templates/``, ``static/`` and ``words/``."""
    assets = assets or assets_folder()
    config, streamer, webrtc = services.config, services.streamer, services.webrtc
    app = Flask("petcam.web", template_folder=str(assets / "templates"), static_folder=None)
    visitors = make_visitors(services)
    size = PictureSize(streamer, webrtc)
    viewer_config = ViewerConfig(config, visitors, services.offer_tokens, size, services.sound.is_live)
    streams = OpenStreams(services.stream_slots, visitors.holders, partial(admission, visitors, services.camera))
    downloads = Downloads(config.camera.name)
    origin = partial(streamer_origin, config)

    def troubles() -> list[PetcamError]:
        files = (
            services.sound_switch.trouble(),
            services.camera_switch.trouble(),
            services.settings.trouble(),
            services.places.trouble(),
        )
        return [*services.owner.troubles(), *visitors.troubles(), *(each for each in files if each)]

    http.register(app, config.web, config.camera, services.hosts, services.proof, assets, origin)
    login.register(app, visitors, services.owner, partial(address_for_others, config.web))
    camera.register(app, services.camera, lambda: not visitors.login_needed or visitors.session() is not None)
    signaling.register(app, visitors, viewer_config, services.offer_tokens, streamer, webrtc)
    audience = pictures.register(app, services.pictures, streams, services.picture_budget, downloads)
    sound.register(app, services.sound)
    beside: dict[str, Callable[[], object]] = {
        "events": ServiceState(services.events_service),
        "sound": services.sound.for_health,
        "camera_switch": services.camera.as_json,
    }
    live.register(
        app, config, viewer_config, size, services.detections, streams, streamer, webrtc, troubles, audience, beside
    )
    recordings.register(app, services.recordings, services.thumbnails, streamer, streams, downloads)
    videos = Videos(services.recordings, streamer)
    events.register(app, services.events, videos, services.event_feed, services.events_service, streams)
    settings.register(app, config, services.settings, services.places, services.mute_token, services.events_service)
    places.register(app, services.places, services.settings)
    if services.event_pictures is not None:
        services.event_pictures.register(app)
    return app


def admission(visitors: Visitors, camera: Camera) -> Callable[[], bool]:
    """Whether the request's client is still let in, and may still see what the request shows."""
    admitted = visitors.admission()
    if not http.has_mark(http.Mark.LIVE):
        return admitted
    return lambda: admitted() and camera.is_on()


def make_visitors(services: Services) -> Visitors:
    return Visitors(
        services.config.auth.mode == "password",
        services.sessions,
        services.cookie,
        services.throttle,
        services.viewing_tokens,
        services.owner.generation,
        end_streams(services.streamer, services.webrtc),
    )


def end_streams(streamer: StreamerClient, webrtc: PythonWebRTC | None) -> Callable[[str | None], None]:
    """A function that ends the streams of a session, or all streams where the session is None.

    Where the streamer does not answer, there is nothing to end: it does not run, so it has no streams.
    """

    def end(session: str | None) -> None:
        if webrtc is not None:
            webrtc.end_session(session)
        ended = {"all": True} if session is None else {"session": session}
        with suppress(PetcamError):  # the client has logged it
            streamer.control("/sessions/end", json.dumps(ended).encode())

    return end
