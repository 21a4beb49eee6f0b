"""Checks offer tokens where petcam-web answers offers itself, by the same rules as the streamer."""

import base64
import hmac
import json
import threading
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.system.boot_time import boottime_ms
from petcam.web.signaling.offer_token import OfferTokens


class OfferGate:
    def __init__(self, tokens: OfferTokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._used: dict[str, int] = {}  # nonces and when they expire; guarded by _lock

    def redeem(self, token: str, host: str, session: str) -> None:
        """Use ``token`` up. Raises ``UNAUTHORIZED`` unless petcam-web signed it for this host and session, it has not
        expired, and it was not used before."""
        claims = self._claims(token)
        now = boottime_ms()
        good = claims.get("host") == host and claims.get("session") == session and claims.get("expires", 0) > now
        with self._lock:
            self._used = {nonce: expires for nonce, expires in self._used.items() if expires > now}
            if not good or claims["nonce"] in self._used:
                raise PetcamError(Code.UNAUTHORIZED, "the offer's token is not valid (any more)")
            self._used[claims["nonce"]] = claims["expires"]

    def _claims(self, token: str) -> dict[str, Any]:
        """The token's claims; empty where it is not signed by petcam-web."""
        try:
            payload = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
        except (IndexError, ValueError):
            return {}
        if not hmac.compare_digest(self._tokens.sign(payload).encode(), token.encode()):
            return {}
        claims: dict[str, Any] = json.loads(payload)
        return claims
