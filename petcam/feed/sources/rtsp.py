"""The source ``rtsp://``: a network camera."""

from urllib.parse import urlsplit

from petcam.errors import Code, PetcamError
from petcam.feed.sources.pyav_live import PyavLiveSource

# TCP, then UDP where the camera refuses that. FFmpeg need not wait for pictures to find their rate.
OPTIONS = {
    "rtsp_transport": "tcp+udp",
    "rtsp_flags": "prefer_tcp",
    "allowed_media_types": "video",
    "fpsprobesize": "0",
    "max_ts_probe": "0",
}
# What RTP brings at once, not a picture later: FFmpeg finds a picture's end only at the beginning of the next.
IN_PIECES = {"fflags": "+noparse+nofillin", "probesize": "32"}
FORM = "rtsp://USER:PASSWORD@HOST:PORT/PATH"
ESCAPES = "write / as %2F, ? as %3F, # as %23 and @ as %40 in user, password and path"


def is_url(word: str) -> bool:
    return word.lower().startswith(("rtsp://", "rtsps://"))


def source(url: str) -> PyavLiveSource:
    """The camera at ``url``; its name in the log is without what may be a secret."""
    options = {**OPTIONS, **IN_PIECES}
    with_sound = {**options, "allowed_media_types": "video+audio"}
    return PyavLiveSource(shown(url), url, in_pieces=True, with_sound=with_sound, options=options)


def shown(url: str) -> str:
    """Scheme, host and port alone: cameras take passwords in the path and in the query, too.

    Raises ``BAD_SOURCE``, without the URL, where it is none, or where a password with a / in it is taken for a host.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise PetcamError(Code.BAD_SOURCE, f"the rtsp:// URL is not of the form {FORM}; {ESCAPES}") from None
    if "@" in parts.path + parts.query + parts.fragment:
        raise PetcamError(Code.BAD_SOURCE, f"the rtsp:// URL has an @ behind its host: {ESCAPES}")
    if not parts.hostname:
        raise PetcamError(Code.BAD_SOURCE, f"the rtsp:// URL names no host: {FORM}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
