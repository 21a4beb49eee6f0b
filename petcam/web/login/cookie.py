"""The session cookie: ``TOKEN.MARK.SIGNATURE`` of an owner, ``TOKEN.SIGNATURE`` of a viewer, by ``session.key``.

When a session ends its cookie stays in the browser. It opens nothing, but shows as whom this browser was let in before.
An owner's also shows by which password: MARK is of its generation. Roles have a salt each, so none passes for another.
"""

import hashlib
from dataclasses import dataclass

from flask import request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from petcam.access import Role, SecretKey
from petcam.web.login.sessions import MAX_SESSION_MS

SALTS: dict[Role | None, bytes] = {
    Role.OWNER: b"petcam-session-v3-owner",
    Role.VIEWER: b"petcam-session-v3-viewer",
    None: b"petcam-session-v2",  # an older petcam's: its sessions go on, but it does not say whose it is
}


@dataclass(frozen=True)
class Presented:
    """What a browser has shown; all is empty without a cookie that is signed with the key."""

    token: str = ""
    role: Role | None = None
    mark: str = ""


NOTHING = Presented()


class Cookie:
    def __init__(self, key: SecretKey) -> None:
        self.trouble = key.trouble
        self._signers = {
            role: Signer(key.secret, salt=salt, digest_method=hashlib.sha256) for role, salt in SALTS.items()
        }

    def read(self) -> Presented:
        """The cookie of the current request."""
        value = request.cookies.get(_name(), "")
        for role, signer in self._signers.items():
            try:
                token, _, mark = signer.unsign(value).decode().partition(".")
            except (BadSignature, UnicodeError):
                continue
            return Presented(token, role, mark)
        return NOTHING

    def set_on(self, response: Response, token: str, role: Role, generation: str) -> None:
        value = f"{token}.{mark_of(generation)}" if role is Role.OWNER else token
        response.set_cookie(
            _name(),
            self._signers[role].sign(value).decode(),
            max_age=MAX_SESSION_MS // 1000,
            path=request.script_root or "/",
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )


def mark_of(generation: str) -> str:
    return hashlib.sha256(generation.encode()).hexdigest()[:16]


def _name() -> str:
    """HTTP and HTTPS have different names: over HTTP a browser does not replace a Secure cookie of the same name, so
    the login would lead back to itself. Under a path of a host that others share the cookie is for that path, which
    ``__Host-`` does not allow."""
    if not request.is_secure:
        return "petcam_session"
    return "__Secure-petcam_session" if request.script_root else "__Host-petcam_session"
