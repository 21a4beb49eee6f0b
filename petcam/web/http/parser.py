"""One request as it is read. Whatever is sent, the outcome is a request or an answer that refuses it."""

import json
import logging
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from petcam.web.http.body import MAX_OFFER_BYTES

MAX_HEADER_BYTES = 16 * 1024
MAX_HEADER_LINES = 100  # browsers send some 20; each costs BYTES_PER_HEADER however short it is
MAX_BODY_BYTES = MAX_OFFER_BYTES  # no route takes more
MAX_CHUNK_LINES_BYTES = 4 * 1024  # what a body in chunks may have besides
HEADER_COPIES = 4  # that are kept of a path: the line, the address, and its parts
BYTES_PER_HEADER = 200  # two strings and their place in a dictionary
REFUSALS = {  # "error" and "message" by status
    400: ("Bad request", "the request cannot be read"),
    413: ("Too large", f"the body may have at most {MAX_BODY_BYTES} bytes"),
    431: ("Too large", f"the headers may have {MAX_HEADER_BYTES} bytes at most"),
    501: ("Not supported here", "the transfer encoding is not known"),
}
DEFECT = ("Internal error", "petcam-web's log says more")

_log = logging.getLogger(__name__)


class Parser(HTTPRequestParser):
    """Takes one request from ``network``; what is sent behind it goes to ``keep``."""

    first_line: Any
    request_uri = path = query = ""  # of a request that cannot be read; waitress logs the path

    def __init__(self, adjustments: Any, network: str, keep: Callable[[bytes], None]) -> None:
        super().__init__(adjustments)
        self._network, self._keep = network, keep

    @property
    def held(self) -> int:
        """About how many bytes of memory it takes."""
        headers = HEADER_COPIES * self.header_bytes_received + BYTES_PER_HEADER * len(self.headers)
        return int(headers + self.body_bytes_received)

    def received(self, data: bytes) -> int:
        taken = self._take(data)
        if self.error:
            self.expect_continue = False  # else waitress would ask for the body
        if self.completed:
            self._keep(data[taken:])
        return len(data) if self.completed else taken

    def close(self) -> None:
        """Also drops the text of the headers: the garbage collector may take its time."""
        super().close()
        self.headers, self.header_plus, self.first_line = {}, b"", b""
        self.request_uri = self.path = self.query = ""

    def parse_header(self, header_plus: bytes) -> None:
        if header_plus.count(b"\n") > MAX_HEADER_LINES:
            raise ParsingError("too many headers")
        super().parse_header(header_plus)

    def _take(self, data: bytes) -> int:
        try:
            return int(super().received(data))
        except Exception as error:  # waitress has no list of what its parser and urllib's raise
            _log.info("a request of %s cannot be read: %r", self._network, error)
            self.error, self.completed = BadRequest(""), True
            return len(data)


class Refusal(ErrorTask):
    """The answer to a request that cannot be read, in the form of all other errors. The connection ends with it."""

    request: Any
    response_headers: Any

    def execute(self) -> None:
        error = self.request.error
        phrase, message = REFUSALS.get(error.code, DEFECT)
        body = json.dumps({"error": phrase, "message": message}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/json"), ("Connection", "close")]
        self.close_on_finish = True
        self.content_length = len(body)
        self.write(body)
