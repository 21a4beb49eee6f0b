"""petcam-streamer over HTTP, for a process that is to stay small: requests, which the page uses, takes 8 MiB more."""

import http.client
from typing import NamedTuple
from urllib.parse import urlsplit

from petcam.errors import Code, PetcamError

TIMEOUT_SECONDS = 5.0
MAX_ANSWER = 64 * 1024  # bytes that are read


class Answer(NamedTuple):
    status: int
    body: bytes


class Streamer:
    """Each call has a connection of its own, so that none is ever stale, and is made once."""

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url, self._timeout = url, timeout

    def control(self, path: str, body: bytes) -> Answer:
        """``POST`` of JSON. Raises ``STREAMER_UNAVAILABLE``, ``STREAMER_TIMEOUT`` or ``PROXY``."""
        return self._ask("POST", path, body, {"Content-Type": "application/json"})

    def read(self, path: str) -> Answer:
        """``GET``. Raises as ``control`` does."""
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, urlsplit(self._url).path + path, body, headers | {"Connection": "close"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(MAX_ANSWER))
        except TimeoutError as error:
            raise self._error(Code.STREAMER_TIMEOUT, "does not answer in time") from error
        except OSError as error:  # http.client's RemoteDisconnected is one
            why = error.strerror or "it has ended the connection without an answer"
            raise self._error(Code.STREAMER_UNAVAILABLE, f"cannot be reached: {why}") from error
        except (http.client.HTTPException, ValueError) as error:
            why = "gives an answer that makes no sense: another program may listen on that port"
            raise self._error(Code.PROXY, why) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.netloc.rpartition("@")[2], timeout=self._timeout)

    def _error(self, code: Code, why: str) -> PetcamError:
        parts = urlsplit(self._url)
        return PetcamError(code, f"petcam-streamer at {parts.scheme}://{parts.netloc.rpartition('@')[2]} {why}")
