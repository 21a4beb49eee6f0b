"""The session's cookie: ``TOKEN.MAC``, signed with ``session.key``.

A cookie of ours whose session has ended still tells that this browser was let in once; it is left in the browser, and
opens nothing.
"""

import hashlib
import hmac

from flask import request
from werkzeug.wrappers import Response

from petcam.web.login.sessions import ABSOLUTE

PURPOSE = b"petcam-session-v1\n"


class Cookie:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self) -> str:
        """Of the current request; empty without a cookie that we signed."""
        token, _, mac = request.cookies.get(_name(), "").rpartition(".")
        return token if hmac.compare_digest(mac.encode("utf-8", "replace"), self._sign(token)) else ""

    def give(self, response: Response, token: str) -> None:
        response.set_cookie(
            _name(),
            f"{token}.{self._sign(token).decode()}",
            max_age=int(ABSOLUTE),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def _sign(self, token: str) -> bytes:
        mac = hmac.new(self._key, PURPOSE + token.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return mac.hexdigest().encode()


def _name() -> str:
    """Two: over HTTP a browser would not replace the Secure one of the same name, and the login would go in circles."""
    return "__Host-petcam_session" if request.is_secure else "petcam_session"
