"""The names of topics and components (docs/mqtt.md, "Names" and "Topics")."""

import hashlib
import re

STATUS = "homeassistant/status"  # where Home Assistant says that it has started
STARTED = b"online"
ONLINE, OFFLINE = b"online", b"offline"
EVENTS = ("visit", "sound", "trouble")
SWITCHES = ("camera", "home", "record")


def slug(name: str) -> str:
    """Of a class or a place: letters, digits and _, another one for each name."""
    if re.fullmatch(r"[a-z0-9_]{1,32}", name):
        return name
    readable = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:20].rstrip("_")
    return "_".join(filter(None, (readable, hashlib.sha256(name.encode()).hexdigest()[:8])))


class Topics:
    """Those of one device."""

    def __init__(self, identity: str) -> None:
        self.device = f"petcam_{identity}"
        self._prefix = f"petcam/{identity}"
        self.availability = f"{self._prefix}/availability"
        self.discovery = f"homeassistant/device/{self.device}/config"
        self.heard = (STATUS, *(self.command(switch) for switch in SWITCHES))

    def of(self, component: str) -> str:
        return f"{self._prefix}/{component}"

    def command(self, switch: str) -> str:
        return f"{self._prefix}/{switch}/set"

    def switch_of(self, topic: str) -> str | None:
        """The switch that a message to ``topic`` is to turn."""
        return next((switch for switch in SWITCHES if self.command(switch) == topic), None)
