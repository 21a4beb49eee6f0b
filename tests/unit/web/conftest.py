"""The app with fake collaborators, and Flask's test client."""

from dataclasses import replace

import pytest

from petcam.access import CameraSwitch, FirstHour, SecretKey, SoundSwitch, password_file
from petcam.access.owner import Owner
from petcam.access.viewing_tokens import ViewingTokens
from petcam.config import Auth, Config, Recording
from petcam.events.control_client import ControlClient
from petcam.events.read import Reader
from petcam.media.budget import PictureBudget
from petcam.places import PlacesFile
from petcam.settings import SettingsFile
from petcam.web.app import Services, create_app
from petcam.web.camera import Camera
from petcam.web.events import EventFeed, Videos
from petcam.web.http.channel import CONNECTION_KEY
from petcam.web.http.forwarded import tls_proof
from petcam.web.http.hosts import Hosts
from petcam.web.http.stream_slots import StreamSlots
from petcam.web.live.detection_feed import DetectionFeed
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Sessions
from petcam.web.login.throttle import Throttle
from petcam.web.pictures.feed import PictureFeed
from petcam.web.recordings.directory import RecordingDirectory
from petcam.web.recordings.thumbnails import Thumbnails
from petcam.web.settings import MuteToken
from petcam.web.signaling.offer_token import OfferTokens
from petcam.web.sound import Ear, Sound
from tests.unit.events.stand_ins import closed_at_the_end
from tests.unit.web.fakes import PASSWORD, VIEWERS, FakeConnection, FakeReader, FakeSources, FakeStreamer


@pytest.fixture(autouse=True)
def fast_hashes(monkeypatch):
    """Real hashes take a tenth of a second each; tests/integration uses those."""
    monkeypatch.setitem(password_file.SCRYPT_COST, "n", 16)


@pytest.fixture
def streamer():
    return FakeStreamer()


@pytest.fixture
def reader():
    """The reader of the detections."""
    return FakeReader()


@pytest.fixture
def stream_reader():
    return FakeReader()


@pytest.fixture
def picture_results():
    """The reader of the detections that are drawn into pictures."""
    return FakeReader()


@pytest.fixture
def audio_reader():
    """The reader of the camera's sound."""
    return FakeReader()


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


@pytest.fixture
def make_board(tmp_path):
    """Boards that notice cats, into the database that the app reads."""
    with closed_at_the_end(tmp_path / "events") as make:
        yield make


@pytest.fixture
def board(make_board):
    return make_board()


@pytest.fixture
def services(tmp_path, streamer, reader, stream_reader, picture_results, recordings, audio_reader):
    """Without login; nothing is started."""
    config = Config(auth=Auth(mode="none"), recording=Recording(directory=str(recordings)))
    first_hour = FirstHour(tmp_path / "state", "boot-1")
    owner = Owner(tmp_path / "state", first_hour)
    budget = PictureBudget()
    switch, camera_switch = SoundSwitch(tmp_path / "state"), CameraSwitch(tmp_path / "state")
    directory, events = RecordingDirectory(str(recordings)), Reader(tmp_path / "events")
    built = Services(
        config=config,
        streamer=streamer,
        detections=DetectionFeed(lambda: reader),
        picture_budget=budget,
        pictures=PictureFeed(FakeSources(stream_reader), lambda: picture_results, budget),
        recordings=directory,
        events=events,
        event_feed=EventFeed(events, Videos(directory, streamer)),
        events_service=ControlClient(tmp_path / "control"),
        thumbnails=Thumbnails(budget),
        first_hour=first_hour,
        owner=owner,
        sessions=Sessions(tmp_path / "state", owner.generation, "boot-1"),
        cookie=Cookie(SecretKey(b"k" * 32)),
        hosts=Hosts(config, lambda: ["petcam-box"]),
        offer_tokens=OfferTokens(bytes(32), "boot-1"),
        viewing_tokens=ViewingTokens(tmp_path / "state"),
        proof=tls_proof(bytes(32)),
        throttle=Throttle(),
        stream_slots=StreamSlots(4),
        sound=Sound(config, switch, camera_switch, Ear(lambda: audio_reader)),
        sound_switch=switch,
        camera=Camera(camera_switch),
        camera_switch=camera_switch,
        settings=SettingsFile(tmp_path / "state"),
        places=PlacesFile(tmp_path / "state"),
        mute_token=MuteToken(SecretKey(b"k" * 32)),
    )
    yield built
    built.detections.stop()
    built.event_feed.stop()
    built.pictures.stop()


@pytest.fixture
def connection():
    """The connection of ``client`` to the web server."""
    return FakeConnection()


def make_client(services, connection):
    client = create_app(services).test_client()
    client.environ_base[CONNECTION_KEY] = connection
    return client


@pytest.fixture
def client(services, connection):
    return make_client(services, connection)


@pytest.fixture
def services_with_login(services):
    """With login, and the owner's password set."""
    services.first_hour.begin()
    services.owner.set_password(PASSWORD)
    return replace(services, config=replace(services.config, auth=Auth(mode="password")))


@pytest.fixture
def anonymous(services_with_login, connection):
    return make_client(services_with_login, connection)


@pytest.fixture
def owner(services_with_login, connection):
    """A client that has logged in."""
    client = make_client(services_with_login, connection)
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def viewer(services_with_login, connection):
    """A client that has logged in by the viewers' password."""
    services_with_login.owner.set_viewer_password(VIEWERS)
    client = make_client(services_with_login, connection)
    assert client.post("/login", data={"password": VIEWERS}).status_code == 303
    return client
