"""The demo's cat, all services as processes, and a phone behind a webhook: what arrives there, and when."""

import io
import time
from pathlib import Path
from typing import Any, NamedTuple

import av
import requests

from tests.real_services import OWNER, RealServices
from tests.unit.telling.receiver import Receiver

PATIENCE_SECONDS = 30.0  # on a busy machine
SILENCE_SECONDS = 6.0  # in which a second message would have come: a way is looked after each 5 s


class Message(NamedTuple):
    at: float  # Unix time of its arrival
    json: dict[str, Any]

    @property
    def id(self) -> int:
        return int(self.json["events"][0]["id"])

    @property
    def delay(self) -> float:
        """Since the visit's begin."""
        return self.at - float(self.json["events"][0]["begin"])


class ToldHouse:
    """A context. Its services are started by ``start``; nobody is home, and there is no cool-down."""

    def __init__(self, directory: Path) -> None:
        self.receiver = Receiver()
        self.services = RealServices(directory, more=f'notify: {{webhook: "{self.receiver.url}"}}\n')
        self._owner = requests.Session()

    def __enter__(self) -> "ToldHouse":
        self.receiver.__enter__()
        return self

    def __exit__(self, *words: object) -> None:
        self.services.close()
        self.receiver.__exit__(*words)

    def start(self) -> None:
        """All but the camera, which is turned off: nobody is there yet."""
        self.services.start("web")
        self._owner.headers.update({"Cookie": self.services.log_in(OWNER), "Origin": self.services.url})
        self.put("settings", notify={"cooldown_minutes": 0})
        self.services.start("streamer", "feed")
        self.turn_camera(on=False)
        self.services.start("events")

    def put(self, what: str, **values: object) -> Any:
        answer = self._owner.put(f"{self.services.url}/api/{what}", json=values, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def get(self, path: str, **words: Any) -> Any:
        answer = self._owner.get(f"{self.services.url}{path}", timeout=20, **words)
        assert answer.ok, answer.text
        return answer

    def turn_camera(self, *, on: bool) -> None:
        """Off and on again, the cat comes in anew. Returns once it is noticed that it has gone."""
        self.put("camera", on=on)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not on and any(event["open"] for event in self.events()):
            assert time.monotonic() < deadline
            time.sleep(0.05)  # there is no event for what another process has noticed

    def events(self) -> list[dict[str, Any]]:
        """The visits, the newest first."""
        return list(self.get("/api/events?kind=visit").json()["events"])

    def until_noticed(self, count: int) -> None:
        """Until there are more than so many visits."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.events()) <= count:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # likewise

    def wait(self, count: int) -> list[Message]:
        return [Message(got.at, got.json) for got in self.receiver.wait(count, PATIENCE_SECONDS)]


def ginger_share(jpeg: bytes) -> float:
    """Of a picture's pixels, those of the demo's cat and of nothing else there."""
    assert jpeg.startswith(b"\xff\xd8")
    with av.open(io.BytesIO(jpeg)) as picture:
        pixels = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert min(pixels.shape[:2]) >= 100, pixels.shape
    r, g, b = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return float(((r > 180) & (g > 80) & (g < 175) & (b < 100) & (r - b > 100)).mean())
