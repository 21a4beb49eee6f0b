"""The session cookie: ``TOKEN.SIGNATURE``, signed with ``session.key``.

When a session ends its cookie stays in the browser. It opens nothing, but shows that this browser was let in before.
"""

import hashlib

from flask import request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from petcam.web.login.sessions import MAX_SESSION_SECONDS

SIGNATURE_SALT = b"petcam-session-v2"


class Cookie:
    def __init__(self, key: bytes) -> None:
        self._signer = Signer(key, salt=SIGNATURE_SALT, digest_method=hashlib.sha256)

    def token(self) -> str:
        """The token of the current request; empty without a cookie that is signed with the key."""
        try:
            return self._signer.unsign(request.cookies.get(_name(), "")).decode()
        except (BadSignature, UnicodeError):
            return ""

    def set_on(self, response: Response, token: str) -> None:
        response.set_cookie(
            _name(),
            self._signer.sign(token).decode(),
            max_age=int(MAX_SESSION_SECONDS),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )


def _name() -> str:
    """HTTP and HTTPS have different names: over HTTP a browser does not replace a Secure cookie of the same name, so
    the login would lead back to itself."""
    return "__Host-petcam_session" if request.is_secure else "petcam_session"
