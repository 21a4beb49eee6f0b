"""A camera's password: basic (RFC 7617) and digest as RTSP has it (RFC 2069)."""

import base64
import hashlib
import re
from dataclasses import dataclass

REALM, NONCE = "camera", "5ca1ab1e"


@dataclass(frozen=True)
class Login:
    scheme: str  # "Basic" or "Digest"
    user: str
    password: str

    @property
    def challenge(self) -> str:
        nonce = f', nonce="{NONCE}"' if self.scheme == "Digest" else ""
        return f'WWW-Authenticate: {self.scheme} realm="{REALM}"{nonce}\r\n'

    def accepts(self, method: str, authorization: str) -> bool:
        """Whether the header of a request is right; an empty one is not."""
        scheme, _, rest = authorization.partition(" ")
        if scheme != self.scheme:
            return False
        if scheme == "Basic":
            return base64.b64decode(rest).decode() == f"{self.user}:{self.password}"
        said = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        of_user = _md5(f"{self.user}:{REALM}:{self.password}")
        of_request = _md5(method + ":" + said.get("uri", ""))
        return said.get("response") == _md5(f"{of_user}:{NONCE}:{of_request}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
