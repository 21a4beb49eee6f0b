"""Offer tokens: petcam-web's word to the streamer that it let a viewer in; docs/http-api.md, section "Offer token"."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

VERSION = "v1"
LIFETIME_MS = 60_000
PURPOSE = b"petcam-offer-v1"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boottime_ms() -> int:
    """Of CLOCK_BOOTTIME: no setting of the clock moves it, and the streamer reads the same."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def read_boot_id() -> str:
    """From ``$PETCAM_BOOT_ID`` in our units, which hide ``/proc/sys``."""
    return os.environ.get("PETCAM_BOOT_ID") or BOOT_ID.read_text().strip()


class OfferTokens:
    def __init__(self, key: bytes, boot_id: str, clock_ms: Callable[[], int] = boottime_ms) -> None:
        self._key, self._clock_ms = key, clock_ms
        self._boot_id = boot_id.encode()

    def make(self, host: str, session: str, seconds_left: float) -> str:
        """``host`` is the page's, without port; ``seconds_left`` are those until ``session`` ends for good."""
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
        signed = b"\n".join((PURPOSE, self._boot_id, payload.encode()))
        mac = hmac.new(self._key, signed, hashlib.sha256).digest()
        return f"{VERSION}.{_base64url(payload.encode())}.{_base64url(mac)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
