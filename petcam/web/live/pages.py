"""The pages."""

from flask import Blueprint, render_template

from petcam.system.network import is_loopback
from petcam.web.services import services
from petcam.web.signaling.viewer_config import viewer_config

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """``index.html`` gets ``login`` (bool): whether there is an account page; ``exposed`` (bool): whether the whole
    network sees it; and ``webrtc_config``. Every template gets ``may_change`` (bool)."""
    config = services().config
    login = config.auth.mode == "password"
    return render_template(
        "index.html",
        login=login,
        exposed=not login and not is_loopback(config.web.host),
        webrtc_config=viewer_config(config),
    )


@blueprint.get("/recordings")
def recordings() -> str:
    """``recordings.html``; what changes anything is hidden where the template's ``may_change`` is false."""
    return render_template("recordings.html")
