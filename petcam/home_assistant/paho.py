"""paho-mqtt, where it is installed: 1.6 and 2.1 as one. All that differs between them, or is not promised, is here."""

import importlib.util
from typing import Any

from petcam.errors import Code, PetcamError

REMEDY = "sudo apt install python3-paho-mqtt"
MAX_PACKET = 64 * 1024  # bytes that are read for one message

# CONNACK's reasons: MQTT 3.1.1's numbers, and those by which paho 2 calls the same.
REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses the client id",
    3: "it says that it is not available now",
    4: "it refuses the user or the password",
    5: "it refuses the user or the password, or lets nobody in without",
}
SAME = {132: 1, 133: 2, 136: 3, 134: 4, 135: 5}


def is_installed() -> bool:
    """Imports next to nothing of it."""
    try:
        return importlib.util.find_spec("paho.mqtt.client") is not None
    except ModuleNotFoundError:  # not even paho
        return False


def new_client(client_id: str) -> Any:
    """Raises ``UNSUPPORTED`` without the library."""
    try:
        from paho.mqtt import client as mqtt
    except ImportError as error:
        raise PetcamError(Code.UNSUPPORTED, f"notify.mqtt needs paho-mqtt: {REMEDY}") from error
    version = getattr(mqtt, "CallbackAPIVersion", None)
    first = () if version is None else (version.VERSION2,)
    return _bounded(mqtt.Client)(
        *first, client_id=client_id, clean_session=True, protocol=mqtt.MQTTv311, reconnect_on_failure=False
    )


def refusal(code: Any) -> str:
    """For people; empty: the broker has accepted. ``code`` is what the callback was called with."""
    number = int(getattr(code, "value", code))
    return REFUSALS.get(SAME.get(number, number), f"it refuses the connection (code {number})") if number else ""


def _bounded(client: Any) -> Any:
    """Without it a message of 256 MB, which anybody at the broker may send, would be read into memory."""

    class Bounded(client):  # type: ignore[misc]
        is_exceeded = False

        def _sock_recv(self, bufsize: int) -> Any:
            if bufsize > MAX_PACKET:
                self.is_exceeded = True
                raise ConnectionError("too large")
            return super()._sock_recv(bufsize)

    return Bounded
