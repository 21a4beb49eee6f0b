"""Whatever Apprise knows, where it is installed: a hundred ways to tell (docs/telling.md, "Apprise").

Its plugins may hang, and its log has URLs: it runs in a thread of its own, which is given up where it hangs, and its
log is silent.
"""

import importlib
import importlib.util
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from petcam.telling.message import Message
from petcam.telling.way import NotSentError, UnclearError, key_of

TOTAL_SECONDS = 60.0  # that one message may take; then its thread is given up
UNDELIVERED = "Apprise could not deliver it: is the URL right, and is it reached?"
INSTALL = "sudo apt install apprise"
LOG = "apprise"  # its logger, whose lines have URLs
SPEAK_OF_URLS = ("urllib3", "requests")  # loggers
# Of what Apprise logs where it could not deliver: the other side may have had all.
UNCLEAR = ("read timed out", "read operation timed out", "connection aborted", "incompleteread", "without response")


def is_installed() -> bool:
    return importlib.util.find_spec("apprise") is not None


class AppriseWay:
    def __init__(self, url: str, seconds: float = TOTAL_SECONDS) -> None:
        self._url, self._seconds = url, seconds
        # Behind the scheme there may be nothing but secrets, also where a host stands elsewhere.
        self.name, self.key = f"{url.partition(':')[0].lower()}://", key_of("apprise", url)
        self._thread: Thread | None = None  # that has not come back

    def trouble(self) -> str:
        return "" if is_installed() else f"Apprise is not installed: {INSTALL}"

    def send(self, message: Message) -> bool:
        if self._thread is not None and self._thread.is_alive():
            raise NotSentError("an earlier message hangs in Apprise: sudo systemctl restart petcam.target")
        outcome: list[Exception | None] = []
        self._thread = Thread(target=_notify, args=(self._url, message, outcome), name="apprise", daemon=True)
        self._thread.start()
        self._thread.join(self._seconds)
        if not outcome:
            raise UnclearError(f"Apprise did not end within {self._seconds:g} s: it may have arrived")
        if outcome[0] is not None:
            raise outcome[0]
        return False

    def complete(self, message: Message) -> None:
        """Never asked for: it would be a second alert."""


def _notify(url: str, message: Message, outcome: list[Exception | None]) -> None:
    """Puts what came of it into ``outcome``: None is well."""
    try:
        apprise = _apprise()
        told = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))  # in this thread
        if not told.add(url):
            raise NotSentError("Apprise does not know such a URL: see its list of services")
        text = "\n".join(filter(None, (message.text, message.link, _mute(message))))
        with _file_of(message.picture) as attached, _listening() as ear:
            is_sent = told.notify(title=message.title, body=text, attach=attached)
        if not is_sent:
            is_unclear = ear.has_heard_unclear
            raise UnclearError("no answer: it may have arrived") if is_unclear else NotSentError(UNDELIVERED)
        outcome.append(None)
    except (NotSentError, UnclearError) as error:
        outcome.append(error)
    except Exception as error:  # a plugin's; its words may have the URL
        outcome.append(NotSentError(f"Apprise failed: {type(error).__name__}"))


class _Ear(logging.Handler):
    """Hears in Apprise's log, which nobody else does, why it could not deliver."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.has_heard_unclear = False
        self._thread = threading.get_ident()  # whose lines it is about

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().lower()
        if record.thread == self._thread and any(each in words for each in UNCLEAR):
            self.has_heard_unclear = True


@contextmanager
def _listening() -> Iterator[_Ear]:
    ear, log = _Ear(), logging.getLogger(LOG)
    log.addHandler(ear)
    try:
        yield ear
    finally:
        log.removeHandler(ear)


def _mute(message: Message) -> str:
    return f"{message.mute_label}: {message.mute}" if message.mute else ""


def _apprise() -> Any:
    try:
        module = importlib.import_module("apprise")
    except ImportError as error:
        raise NotSentError(f"Apprise is not installed: {INSTALL}") from error
    log = logging.getLogger(LOG)
    log.propagate = False
    log.setLevel(logging.DEBUG)
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # else Python prints to standard error what no other hears
    for name in SPEAK_OF_URLS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return module


@contextmanager
def _file_of(picture: bytes | None) -> Iterator[str | None]:
    """Apprise wants a file."""
    if picture is None:
        yield None
        return
    try:
        fd, path = tempfile.mkstemp(prefix="petcam-", suffix=".jpg")
    except OSError:  # no room: the words are what matters
        yield None
        return
    try:
        with open(fd, "wb") as file:
            file.write(picture)
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)
