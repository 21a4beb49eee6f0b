"""The ``X-Forwarded-*`` headers of a proxy in front of petcam-web, used only where they come from a trusted proxy: who
the client is, whether it speaks HTTPS, and the path under which the proxy serves petcam.

Trusted are the streamer's TLS proxy (from loopback or the one address that ``web.host`` names, with a proof that only
holders of ``token.key`` can give) and the addresses in ``web.trusted_proxies``. From all other clients these headers
are dropped. Otherwise a client could choose the address that is throttled and logged, or pass for this machine. The
path is taken only from ``web.trusted_proxies``: the streamer's proxy passes on what its client says.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Flask

from petcam.config import Web

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOR_HEADER, PROTO_HEADER, PROOF_HEADER = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_PETCAM_TLS"
PREFIX_HEADER = "HTTP_X_FORWARDED_PREFIX"
PROXY_HEADERS = (
    FOR_HEADER,
    PROTO_HEADER,
    PROOF_HEADER,
    PREFIX_HEADER,
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_BY",
)


PREFIX_PATTERN = re.compile(r"((?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+)/?")
MAX_PREFIX_BYTES = 200


def tls_proof(key: bytes) -> str:
    """What the streamer's TLS proxy sends to show that it is petcam's; ``key`` is ``token.key``."""
    return hmac.new(key, b"petcam-tls-v1", hashlib.sha256).hexdigest()


class Forwarded:
    """WSGI middleware; sets ``REMOTE_ADDR``, ``wsgi.url_scheme`` and ``SCRIPT_NAME``."""

    @classmethod
    def register(cls, app: Flask, web: Web, proof: str) -> None:
        app.wsgi_app = cls(app.wsgi_app, web.host, web.trusted_proxies, proof)  # type: ignore[method-assign]

    def __init__(self, app: "WSGIApplication", host: str, proxies: list[str], proof: str) -> None:
        self._app = app
        self._own = _parse(host)  # a connection of this machine to its own address comes from that same address
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        self._proof = proof.encode()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        headers = {name: environ.pop(name, "") for name in PROXY_HEADERS}
        peer = environ.get("REMOTE_ADDR", "")
        if self._is_tls_proxy(peer, headers[PROOF_HEADER]) or self._is_proxy(peer):
            environ["REMOTE_ADDR"] = self._client_address(headers[FOR_HEADER], peer)
            if headers[PROTO_HEADER].rpartition(",")[2].strip().lower() == "https":
                environ["wsgi.url_scheme"] = "https"
            if self._is_proxy(peer) or self._is_proxy(headers[FOR_HEADER].rpartition(",")[2].strip()):
                environ["SCRIPT_NAME"] = _prefix(headers[PREFIX_HEADER])
        return self._app(environ, start_response)

    def _is_tls_proxy(self, peer: str, proof: str) -> bool:
        address = _parse(peer)
        same = hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof)
        return address is not None and (address.is_loopback or address == self._own) and same

    def _is_proxy(self, address: str) -> bool:
        parsed = _parse(address)
        return parsed is not None and any(parsed in proxy for proxy in self._proxies)

    def _client_address(self, chain: str, peer: str) -> str:
        """The last address in ``chain`` that is not a trusted proxy; what is before it is only the client's claim."""
        for address in reversed([part.strip() for part in chain.split(",")]):
            if _parse(address) is None:
                return peer
            if not self._is_proxy(address):
                return address
            peer = address
        return peer


def _prefix(said: str) -> str:
    """The path, without a slash at its end; empty where it is none that is safe in every address of a page."""
    matched = PREFIX_PATTERN.fullmatch(said) if len(said) <= MAX_PREFIX_BYTES else None
    return matched[1] if matched else ""


@lru_cache(256)
def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
