"""Every key of the configuration: a line with its default and its kind."""

from dataclasses import dataclass, field
from typing import Any

from petcam.config import kinds
from petcam.config.kinds import Kind


def _key(default: Any, kind: Kind) -> Any:
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"kind": kind})
    return field(default=default, metadata={"kind": kind})


@dataclass(frozen=True)
class Web:
    server: str = _key("python", kinds.choice("python", "go"))
    host: str = _key("0.0.0.0", kinds.HOST)
    port: int = _key(8080, kinds.PORT)
    threads: int = _key(40, kinds.whole(8, 256))
    tls: str = _key("off", kinds.choice("off", "auto", "files"))
    tls_port: int = _key(8443, kinds.PORT)
    tls_cert: str = _key("", kinds.FILE)
    tls_key: str = _key("", kinds.FILE)
    hosts: list[str] = _key([], kinds.HOSTS)
    trusted_proxies: list[str] = _key([], kinds.NETWORKS)


@dataclass(frozen=True)
class Streamer:
    host: str = _key("0.0.0.0", kinds.HOST)
    port: int = _key(8081, kinds.PORT)
    public_url: str = _key("", kinds.URL)
    metrics_allow: list[str] = _key([], kinds.NETWORKS)


@dataclass(frozen=True)
class Camera:
    name: str = _key("", kinds.NAME)
    layout: str = _key("petcam", kinds.choice("petcam", "rdk-x5"))
    stream: str = _key("/petcam_stream", kinds.SEGMENT)
    detections: str = _key("/petcam_detections", kinds.SEGMENT)
    audio: str = _key("/petcam_audio", kinds.SEGMENT)
    source: str = _key("", kinds.SOURCE)
    microphone: str = _key("", kinds.MICROPHONE)

    @property
    def shown_name(self) -> str:
        """Also where it has none of its own."""
        return self.name or "petcam"

    @property
    def hears_alone(self) -> bool:
        """Whether there is something to hear also without a source of pictures."""
        return self.microphone not in ("", "source")


@dataclass(frozen=True)
class WebRTC:
    udp_port: int = _key(8081, kinds.PORT)
    ice_servers: list[str] = _key([], kinds.ICE_SERVERS)
    extra_hosts: list[str] = _key([], kinds.ENDPOINTS)
    max_viewers: int = _key(16, kinds.whole(1, 256))
    backend: str = _key("go", kinds.choice("go", "python"))


@dataclass(frozen=True)
class Recording:
    directory: str = _key("/var/lib/petcam/recordings", kinds.DIRECTORY)
    mode: str = _key("manual", kinds.choice("manual", "visits", "always"))
    sound: str = _key("on", kinds.choice("on", "off"))
    pre_roll_seconds: float = _key(5, kinds.number(0, 30))
    post_roll_seconds: float = _key(10, kinds.number(0, 300))
    segment_minutes: int = _key(30, kinds.whole(1, 1440))
    max_bytes: int = _key(0, kinds.BYTES)
    max_age_days: int = _key(0, kinds.whole(0, 36500))
    visit_days: int = _key(30, kinds.whole(0, 36500))
    always_days: int = _key(2, kinds.whole(0, 36500))
    min_free_bytes: int = _key(0, kinds.BYTES)


@dataclass(frozen=True)
class Detect:
    model: str = _key("auto", kinds.MODEL)
    classes: list[str] = _key(["cat", "dog", "person"], kinds.CLASSES)
    min_score: float = _key(0.4, kinds.number(0.1, 0.95))
    max_fps: float = _key(5, kinds.number(0.1, 30))
    threads: int = _key(1, kinds.whole(1, 8))
    cpu_share: float = _key(0.5, kinds.number(0.02, 8))


@dataclass(frozen=True)
class Events:
    classes: list[str] = _key([], kinds.CLASSES)
    min_score: float = _key(0.6, kinds.number(0.1, 0.95))
    min_seconds: float = _key(0.5, kinds.number(0, 60))
    gap_seconds: float = _key(30, kinds.number(1, 3600))
    sound_db: float = _key(15, kinds.number(0, 60))


@dataclass(frozen=True)
class Notify:
    urls: list[str] = _key([], kinds.WAYS)
    webhook: str = _key("", kinds.WEBHOOK)
    webhook_secret_file: str = _key("", kinds.FILE)
    mqtt: str = _key("", kinds.MQTT)
    mqtt_user: str = _key("", kinds.USER)
    mqtt_password_file: str = _key("", kinds.FILE)
    mqtt_ca: str = _key("", kinds.FILE)


@dataclass(frozen=True)
class Auth:
    mode: str = _key("password", kinds.choice("password", "none"))


@dataclass(frozen=True)
class Config:
    web: Web = field(default_factory=Web)
    streamer: Streamer = field(default_factory=Streamer)
    camera: Camera = field(default_factory=Camera)
    webrtc: WebRTC = field(default_factory=WebRTC)
    recording: Recording = field(default_factory=Recording)
    detect: Detect = field(default_factory=Detect)
    events: Events = field(default_factory=Events)
    notify: Notify = field(default_factory=Notify)
    auth: Auth = field(default_factory=Auth)
