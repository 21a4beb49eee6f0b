"""Which broker is spoken to, as whom, and by which files."""

from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from petcam.errors import Code, PetcamError
from petcam.telling.secret import read_secret
from petcam.telling.way import NotSentError

PORTS = {"mqtt": 1883, "mqtts": 8883}


class Notify(Protocol):
    """The section of petcam.yaml."""

    @property
    def mqtt(self) -> str: ...
    @property
    def mqtt_user(self) -> str: ...
    @property
    def mqtt_password_file(self) -> str: ...
    @property
    def mqtt_ca(self) -> str: ...


class Broker(NamedTuple):
    url: str  # mqtt://HOST or mqtts://HOST, perhaps with a port
    user: str = ""
    password_file: str = ""
    ca: str = ""  # file of certificates; empty: the system's

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or PORTS[parts.scheme]

    @property
    def is_tls(self) -> bool:
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def name(self) -> str:
        """For people and logs."""
        return f"{urlsplit(self.url).scheme}://{self.host}"

    def is_at(self, other: "Broker") -> bool:
        """Whether both are one, whoever speaks to it and however."""
        return (self.host, self.port) == (other.host, other.port)

    def password(self) -> str | None:
        """As its file has it now, without the end of its line; None without a file. Raises ``BAD_CONFIG``."""
        if not self.password_file:
            return None
        try:
            return read_secret(Path(self.password_file)).decode()
        except UnicodeDecodeError as error:
            raise PetcamError(Code.BAD_CONFIG, f"notify.mqtt_password_file: {self.password_file} is no text") from error
        except NotSentError as error:
            raise PetcamError(Code.BAD_CONFIG, f"notify.mqtt_password_file: {error}") from error


def broker_of(notify: Notify) -> Broker | None:
    """None where none is configured."""
    if not notify.mqtt:
        return None
    return Broker(notify.mqtt.rstrip("/"), notify.mqtt_user, notify.mqtt_password_file, notify.mqtt_ca)
