"""What the viewer of the current request can reach: the streamer under the name the page was opened by."""

import re
import time
from urllib.parse import urlsplit

from flask import request, session

from petcam.config import Config
from petcam.web.services import services

HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
OFFER_PATH = "/api/webrtc/offer"


def streamer_origin(config: Config) -> str:
    """``scheme://host:port`` that the browser sends offers to; empty where that is the page's own origin."""
    public = config.streamer.public_url
    if public:
        parts = urlsplit(public)
        return f"{parts.scheme}://{parts.netloc}"
    host = HOST.fullmatch(request.headers.get("Host", ""))
    if request.is_secure or host is None:  # an HTTPS page may not call http://
        return ""
    return f"http://{host['name']}:{config.streamer.port}"


def signaling_url(config: Config) -> str:
    """The full URL for offers, or the same-origin path."""
    if config.streamer.public_url:
        return config.streamer.public_url.rstrip("/") + OFFER_PATH
    return streamer_origin(config) + OFFER_PATH


def viewer_config(config: Config) -> dict[str, object]:
    """What the page needs before its first offer: in ``index.html`` and at ``/api/webrtc/config``."""
    ice_servers = [{"urls": url} for url in config.webrtc.ice_servers]
    found: dict[str, object] = {"signaling_url": signaling_url(config), "ice_servers": ice_servers}
    if config.auth.mode == "password":
        found["token"] = services().tokens.make(host_name(), session["id"], session["ends"] - time.time())
    return found


def host_name() -> str:
    """By which the page was opened: lower case, without port and brackets; empty where the request names none."""
    host = HOST.fullmatch(request.headers.get("Host", ""))
    return host["name"].strip("[]").lower() if host else ""
