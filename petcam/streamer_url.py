"""Where petcam-streamer answers: without a client, for who has one of its own."""

import os

from petcam.config import Config
from petcam.system.network import local_url_host


def streamer_url(config: Config) -> str:
    """``GO_SERVER_URL``, else the configured streamer as this machine reaches it."""
    default = f"http://{local_url_host(config.streamer.host)}:{config.streamer.port}"
    return os.environ.get("GO_SERVER_URL", "").rstrip("/") or default
