"""The session's cookie: ``TOKEN.SIGNATURE``, signed with ``session.key``.

A cookie of ours whose session has ended still tells that this browser was let in once; it is left in the browser, and
opens nothing.
"""

import hashlib

from flask import request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from petcam.web.login.sessions import LONGEST_SESSION

PURPOSE = b"petcam-session-v2"


class Cookie:
    def __init__(self, key: bytes) -> None:
        self._signer = Signer(key, salt=PURPOSE, digest_method=hashlib.sha256)

    def token(self) -> str:
        """Of the current request; empty without a cookie that we signed."""
        try:
            return self._signer.unsign(request.cookies.get(_name(), "")).decode()
        except (BadSignature, UnicodeError):
            return ""

    def give(self, response: Response, token: str) -> None:
        response.set_cookie(
            _name(),
            self._signer.sign(token).decode(),
            max_age=int(LONGEST_SESSION),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )


def _name() -> str:
    """Two: over HTTP a browser would not replace the Secure one of the same name, and the login would go in circles."""
    return "__Host-petcam_session" if request.is_secure else "petcam_session"
