"""ntfy, whose app shows the picture and the link: https://docs.ntfy.sh/publish/, as of its server 2.11 to 2.16.

From 2.16 on a message can be replaced by its sequence id; a server that can says the id in its answer. An older one
would make a second alert of it, so there nothing is replaced.
"""

import base64
import json
from contextlib import suppress

from petcam import __version__
from petcam.telling import posting
from petcam.telling.message import Message
from petcam.telling.way import NotSentError, key_of

PRIORITIES = {"trouble": "4"}
USUAL = "3"
SILENT = "2"  # shown, without sound and vibration
MUTE = "minutes=60"  # as the words of its button say
MAX_TEXT = 4000  # bytes; a longer text becomes an attachment
# Emoji by their short codes; what has none has a bell.
TAGS = {
    "cat": "cat2",
    "dog": "dog2",
    "bird": "bird",
    "rabbit": "rabbit2",
    "hamster": "hamster",
    "parrot": "parrot",
    "turtle": "turtle",
    "person": "bust_in_silhouette",
}
TAGS_OF_KINDS = {"sound": "loud_sound", "trouble": "warning", "several": "mailbox_with_mail", "test": "wave"}


class Ntfy:
    def __init__(
        self,
        url: str,
        bounds: posting.Bounds = posting.Bounds(),  # noqa: B008  # a tuple
    ) -> None:
        """Raises ValueError where the URL is none."""
        self._place, self._bounds = posting.Place(url), bounds
        self.name, self.key = self._place.name, key_of("ntfy", url)

    def trouble(self) -> str:
        return ""

    def send(self, message: Message) -> bool:
        return self._publish(message, PRIORITIES.get(message.kind, USUAL))

    def complete(self, message: Message) -> None:
        self._publish(message, SILENT)

    def _publish(self, message: Message, priority: str) -> bool:
        answer = self._put(message, priority)
        if message.picture and answer.status in (400, 413, 429):  # it keeps no attachments, or no more
            answer = self._put(message._replace(picture=None), priority)
        if answer.status in (401, 403):
            raise NotSentError(f"it refuses petcam ({answer.status}): mend user, password or token in notify.urls")
        if not 200 <= answer.status < 300:
            raise NotSentError(f"it answers {answer.status}")
        return _can_replace(answer.body, message.tag)

    def _put(self, message: Message, priority: str) -> posting.Answer:
        headers = {
            "User-Agent": f"petcam/{__version__}",
            "X-Title": _header(message.title),
            "X-Tags": _tag(message),
            "X-Priority": priority,
            "X-Sequence-ID": message.tag,
        }
        text = message.text.encode()[:MAX_TEXT].decode(errors="ignore")
        if message.picture:
            headers |= {"X-Filename": "petcam.jpg", "X-Message": _header(text)}
        if message.link:
            headers["X-Click"] = message.link
        if message.mute:
            action = {"action": "http", "label": message.mute_label, "url": message.mute, "body": MUTE}
            headers["X-Actions"] = json.dumps([{**action, "clear": True}])  # by POST
        if authorization := self._authorization():
            headers["Authorization"] = authorization
        return posting.send(self._place, "PUT", message.picture or text.encode(), headers, self._bounds)

    def _authorization(self) -> str:
        """A user without a password is a token."""
        place = self._place
        if place.user is not None and place.password is None:
            return f"Bearer {place.user}"
        return place.basic()


def _can_replace(answer: bytes, tag: str) -> bool:
    with suppress(ValueError):
        said = json.loads(answer)
        return isinstance(said, dict) and said.get("sequence_id") == tag
    return False


def _tag(message: Message) -> str:
    if message.kind == "visit":
        return TAGS.get(message.about[0].name, "bell")
    return TAGS_OF_KINDS.get(message.kind, "bell")


def _header(text: str) -> str:
    """As it is where it can be one of HTTP; else by RFC 2047, which ntfy reads."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="
