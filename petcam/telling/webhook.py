"""Each message as JSON to a URL of one's own, signed (docs/telling.md, "The webhook")."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path

from petcam import __version__
from petcam.telling import posting
from petcam.telling.happening import Happening
from petcam.telling.message import Message
from petcam.telling.secret import read_secret
from petcam.telling.way import NotSentError, key_of

SIGNATURE = "X-Petcam-Signature"
FORMAT = 1


class Webhook:
    def __init__(
        self,
        url: str,
        secret_file: str,
        camera: str,
        bounds: posting.Bounds = posting.Bounds(),  # noqa: B008  # a tuple
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises ValueError where the URL is none. ``secret_file`` is read each time; empty: nothing is signed."""
        self._place = posting.Place(url)
        self._secret_file, self._camera, self._bounds, self._clock = secret_file, camera, bounds, clock
        self.name, self.key = self._place.name, key_of("webhook", url)

    def trouble(self) -> str:
        try:
            self._key()
        except NotSentError as error:
            return str(error)
        return ""

    def send(self, message: Message) -> bool:
        body = json.dumps(document(message, self._camera), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"petcam/{__version__}",
            "X-Petcam-Tag": message.tag,
        }
        if key := self._key():
            headers[SIGNATURE] = signature(key, int(self._clock()), body)
        if authorization := self._place.basic():
            headers["Authorization"] = authorization
        answer = posting.send(self._place, "POST", body, headers, self._bounds)
        if 300 <= answer.status < 400:
            where = f" to {answer.location}" if answer.location else ""
            raise NotSentError(
                f"it redirects{where} ({answer.status}), which petcam does not follow: "
                "name where it leads in notify.webhook"
            )
        if not 200 <= answer.status < 300:
            raise NotSentError(f"it answers {answer.status}")
        return False  # a further request may well be a further alert

    def _key(self) -> bytes:
        """Empty: nothing is signed. Raises NotSentError."""
        return read_secret(Path(self._secret_file)) if self._secret_file else b""

    def complete(self, message: Message) -> None:
        """Never asked for."""


def signature(key: bytes, moment: int, body: bytes) -> str:
    signed = hmac.new(key, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def document(message: Message, camera: str) -> dict[str, object]:
    about = [_event(each) for each in message.about]
    return {
        "version": FORMAT,
        "tag": message.tag,
        "kind": message.kind,
        "camera": camera,
        "title": message.title,
        "text": message.text,
        "link": message.link,
        "mute": message.mute,
        "events": about,
        "picture": message.picture and {"type": "image/jpeg", "base64": base64.b64encode(message.picture).decode()},
    }


def _event(happening: Happening) -> dict[str, object]:
    fields = happening._asdict()
    fields["class"] = fields.pop("name")
    del fields["state"]
    return fields
