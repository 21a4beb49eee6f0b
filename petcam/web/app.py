"""The Flask app: a factory that takes its collaborators."""

import os
from pathlib import Path

from flask import Flask

from petcam.web.http import body, errors, headers
from petcam.web.http.forwarded import Forwarded
from petcam.web.http.static_files import StaticFiles
from petcam.web.language import language, say
from petcam.web.live import detections, health, pages
from petcam.web.login import account, auth
from petcam.web.login.visitor import is_owner
from petcam.web.pictures import mjpeg
from petcam.web.recordings import control as recording
from petcam.web.recordings import library as recordings
from petcam.web.services import EXTENSION, Services
from petcam.web.signaling import offers as webrtc

BLUEPRINTS = (
    account.blueprint,
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
    app = Flask("petcam.web", template_folder=str(assets / "templates"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = body.OFFER_LIMIT  # of forms; views that take JSON look themselves
    app.extensions[EXTENSION] = services
    app.before_request(auth.refuse_foreign_hosts)
    app.before_request(auth.refuse_foreign_pages)
    app.before_request(auth.require_session)
    app.after_request(headers.protect)
    app.context_processor(lambda: {"may_change": is_owner(), "language": language(), "say": say})
    errors.register(app)
    StaticFiles(assets / "static").register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    web = services.config.web
    app.wsgi_app = Forwarded(app.wsgi_app, web.host, web.trusted_proxies, services.tls_word)  # type: ignore[method-assign]
    return app


def assets_folder() -> Path:
    """Where ``templates/`` and ``static/`` are: ``$PETCAM_ASSETS``, the checkout, or where the package puts them."""
    checkout, installed = Path(__file__).parents[2], Path("/usr/share/petcam")
    named = os.environ.get("PETCAM_ASSETS")
    if named:
        return Path(named)
    return checkout if (checkout / "templates").is_dir() else installed
