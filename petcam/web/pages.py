"""The pages."""

from flask import Blueprint, render_template

from petcam.web.services import services
from petcam.web.viewer import viewer_config

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """``index.html`` gets ``login`` (bool): whether there is a session to log out of, and ``webrtc_config``."""
    config = services().config
    return render_template("index.html", login=config.auth.mode == "password", webrtc_config=viewer_config(config))


@blueprint.get("/recordings")
def recordings() -> str:
    """``recordings.html``; what changes anything is hidden where the template's ``may_change`` is false."""
    return render_template("recordings.html")
