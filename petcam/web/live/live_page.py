"""The live page."""

from flask import Flask, Response, render_template

from petcam.config import Config
from petcam.system.network import is_loopback
from petcam.system.time_zone import zone_name
from petcam.web.http import Mark, compressed, marked
from petcam.web.signaling import ViewerConfig


class LivePage:
    def __init__(self, config: Config, viewer_config: ViewerConfig) -> None:
        self._login = config.auth.mode == "password"
        self._exposed = not self._login and not is_loopback(config.web.host)
        self._films = bool(config.camera.source)
        self._viewer_config = viewer_config

    def register(self, app: Flask) -> None:
        app.add_url_rule("/", "live_page", self.show)

    @marked(Mark.PAGE)
    def show(self) -> Response:
        """``index.html`` gets ``login`` (bool): whether there is an account page; ``exposed`` (bool): whether the whole
        network sees it; ``zone``: the name of the board's time zone; ``films`` (bool): whether petcam does, and no
        other program; ``alone`` (bool): whether petcam-streamer serves alone, never here; and ``webrtc_config``."""
        config = self._viewer_config.for_request()
        page = render_template(
            "index.html",
            login=self._login,
            exposed=self._exposed,
            zone=zone_name(),
            films=self._films,
            alone=False,
            webrtc_config=config,
        )
        return compressed(page)
