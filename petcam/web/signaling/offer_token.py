"""Offer tokens, by which petcam-web tells the streamer that a viewer is let in; docs/http-api.md, "Offer token"."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

TOKEN_VERSION = "v1"
LIFETIME_MS = 60_000
MAC_PREFIX = b"petcam-offer-v1"
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def boottime_ms() -> int:
    """CLOCK_BOOTTIME: it does not change when the clock is set, and the streamer reads the same one."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def read_boot_id() -> str:
    """``$PETCAM_BOOT_ID``, which petcam's systemd units set because they hide ``/proc/sys``, else the kernel's."""
    return os.environ.get("PETCAM_BOOT_ID") or BOOT_ID_FILE.read_text().strip()


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
