"""Offer tokens, by which petcam-web tells the streamer that a viewer is let in; docs/http-api.md, "Offer token"."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable

from petcam.system.boot_time import boottime_ms

TOKEN_VERSION = "v1"
LIFETIME_MS = 60_000
MAC_PREFIX = b"petcam-offer-v1"


class OfferTokens:
    def __init__(self, key: bytes, boot_id: str, clock_ms: Callable[[], int] = boottime_ms) -> None:
        self._key, self._clock_ms = key, clock_ms
        self._boot_id = boot_id.encode()

    def make(self, host: str, session: str, seconds_left: float) -> str:
        """``host`` is the page's, without port; ``seconds_left`` is the time until ``session`` ends even if used."""
        now = self._clock_ms()
        payload = {
            "expires": now + LIFETIME_MS,
            "host": host,
            "session": session,
            "until": now + int(seconds_left * 1000),
            "nonce": secrets.token_hex(16),
        }
        return self.sign(json.dumps(payload, separators=(",", ":")))

    def sign(self, payload: str) -> str:
        signed = b"\n".join((MAC_PREFIX, self._boot_id, payload.encode()))
        mac = hmac.new(self._key, signed, hashlib.sha256).digest()
        return f"{TOKEN_VERSION}.{_base64url(payload.encode())}.{_base64url(mac)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
