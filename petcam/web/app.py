"""The Flask app: a factory that takes its collaborators."""

import os
from datetime import timedelta
from pathlib import Path

from flask import Flask

from petcam.web import auth, detections, errors, headers, health, mjpeg, pages, recording, recordings, webrtc
from petcam.web.services import EXTENSION, Services

BLUEPRINTS = (
    auth.blueprint,
    detections.blueprint,
    health.blueprint,
    mjpeg.blueprint,
    pages.blueprint,
    recording.blueprint,
    recordings.blueprint,
    webrtc.blueprint,
)


def create_app(services: Services, assets: Path | None = None) -> Flask:
    """The app over ``services``; ``assets`` holds ``templates/`` and ``static/``."""
    assets = assets or assets_folder()
    app = Flask("petcam.web", template_folder=str(assets / "templates"), static_folder=str(assets / "static"))
    app.config.update(
        SECRET_KEY=services.owner.session_key(),
        SESSION_COOKIE_NAME="petcam_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
    )
    app.extensions[EXTENSION] = services
    app.before_request(auth.refuse_foreign_pages)
    app.before_request(auth.require_session)
    app.after_request(headers.protect)
    errors.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def assets_folder() -> Path:
    """Where ``templates/`` and ``static/`` are: ``$PETCAM_ASSETS``, the checkout, or where the package puts them."""
    checkout, installed = Path(__file__).parents[2], Path("/usr/share/petcam")
    named = os.environ.get("PETCAM_ASSETS")
    if named:
        return Path(named)
    return checkout if (checkout / "templates").is_dir() else installed
