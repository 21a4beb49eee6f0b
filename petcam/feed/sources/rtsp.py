"""The source ``rtsp://``: a network camera."""

from urllib.parse import urlsplit

from petcam.errors import Code, PetcamError
from petcam.feed.sources.pyav_live import PyavLiveSource

OPTIONS = {"rtsp_transport": "tcp+udp", "rtsp_flags": "prefer_tcp", "flags": "low_delay", "allowed_media_types": "video", "fpsprobesize": "0"}


def source(url: str) -> PyavLiveSource:
    """The camera at ``url``; its name in the log is without what may be a secret."""
    return PyavLiveSource(without_secrets(url), url, options=OPTIONS)


def without_secrets(url: str) -> str:
    """Scheme, host, port and path: no user, no password, no query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise PetcamError(
            Code.BAD_SOURCE, "the rtsp:// URL is not a URL: rtsp://USER:PASSWORD@HOST:PORT/PATH"
        ) from None
    if not parts.hostname:
        raise PetcamError(Code.BAD_SOURCE, "the rtsp:// URL names no host: rtsp://USER:PASSWORD@HOST:PORT/PATH")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"
