"""What petcam-streamer cannot serve where it serves the page. ``streamer/internal/config/serving.go`` is the same in
Go."""

from collections.abc import Iterator

from petcam.config.keys import Config


def unserved(config: Config) -> Iterator[tuple[str, str]]:
    """Each key, and what is wrong with it."""
    if config.web.server == "go" and config.webrtc.backend == "python":
        remedy = "write go, or web.server: python"
        yield "webrtc.backend", f"webrtc.backend: 'python' cannot work where web.server is go: {remedy}"
