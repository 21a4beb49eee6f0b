"""The page."""

from flask import Blueprint, render_template

from petcam.web.services import services

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """``index.html`` gets ``login`` (bool): whether there is a session to log out of."""
    return render_template("index.html", login=services().config.auth.mode == "password")
