"""The pages."""

from flask import Blueprint, render_template

from petcam.network import is_loopback
from petcam.web.services import services
from petcam.web.viewer import viewer_config
from petcam.web.visitor import is_owner

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """``index.html`` gets ``login`` (bool): whether there is an account page; ``owner`` (bool): whether the visitor may
    change things; ``exposed`` (bool): whether everybody on the network may; and ``webrtc_config``."""
    config = services().config
    login = config.auth.mode == "password"
    return render_template(
        "index.html",
        login=login,
        owner=is_owner(),
        exposed=not login and not is_loopback(config.web.host),
        webrtc_config=viewer_config(config),
    )


@blueprint.get("/recordings")
def recordings() -> str:
    """``recordings.html``; what changes anything is hidden where the template's ``may_change`` is false."""
    return render_template("recordings.html")
