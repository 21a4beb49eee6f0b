"""Where the viewer of the current request reaches the streamer: under the host name by which it opened the page."""

from urllib.parse import urlsplit

from flask import request

from petcam.config import Config
from petcam.web.http import HOST_PATTERN, host_name, site_path
from petcam.web.login import Visitors
from petcam.web.signaling.offer_token import OfferTokens
from petcam.web.signaling.picture_size import PictureSize

OFFER_PATH = "/api/webrtc/offer"


class ViewerConfig:
    """What the page needs before its first offer; in ``index.html`` and at ``/api/webrtc/config``."""

    def __init__(
        self, config: Config, visitors: Visitors, tokens: OfferTokens, size: PictureSize, has_sound: bool
    ) -> None:
        self._config, self._visitors, self._tokens, self._size = config, visitors, tokens, size
        self._has_sound = has_sound

    def for_request(self) -> dict[str, object]:
        ice_servers = [{"urls": url} for url in self._config.webrtc.ice_servers]
        found: dict[str, object] = {"signaling_url": signaling_url(self._config), "ice_servers": ice_servers}
        size = self._size.now()
        if size is not None:
            found["picture"] = size
        if self._has_sound:
            found["sound"] = True
        session = self._visitors.session()
        if session is not None:
            host, left = host_name(request.headers.get("Host", "")), self._visitors.seconds_left(session)
            found["token"] = self._tokens.make(host, session.id, left)
        return found


def streamer_origin(config: Config) -> str:
    """``scheme://host:port`` that the browser sends offers to; empty where that is the page's own origin."""
    if config.webrtc.backend == "python":
        return ""
    public = config.streamer.public_url
    if public:
        parts = urlsplit(public)
        return f"{parts.scheme}://{parts.netloc}"
    host = HOST_PATTERN.fullmatch(request.headers.get("Host", ""))
    if request.is_secure or host is None or request.script_root:  # an HTTPS page may not call http://
        return ""  # a proxy that serves petcam under a path has other things on its host
    return f"http://{host['name']}:{config.streamer.port}"


def signaling_url(config: Config) -> str:
    """The full URL for offers, or the same-origin path."""
    if config.streamer.public_url and config.webrtc.backend == "go":
        return config.streamer.public_url.rstrip("/") + OFFER_PATH
    origin = streamer_origin(config)
    return origin + OFFER_PATH if origin else site_path(OFFER_PATH)
