"""The Flask app: a factory that takes its collaborators."""

from pathlib import Path

from flask import Flask

from petcam.assets import assets_folder
from petcam.web import (
    account,
    auth,
    body,
    detections,
    errors,
    headers,
    health,
    language,
    mjpeg,
    pages,
    recording,
    recordings,
    webrtc,
)
from petcam.web.forwarded import Forwarded
from petcam.web.services import EXTENSION, Services
from petcam.web.static_files import StaticFiles
from petcam.web.visitor import is_owner
from petcam.words import Words

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
    """The app over ``services``; ``assets`` holds ``templates/``, ``static/`` and ``words/``."""
    assets = assets or assets_folder()
    app = Flask("petcam.web", template_folder=str(assets / "templates"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = body.OFFER_LIMIT  # of forms; views that take JSON look themselves
    app.extensions[EXTENSION] = services
    app.before_request(auth.refuse_foreign_hosts)
    app.before_request(auth.refuse_foreign_pages)
    app.before_request(auth.require_session)
    app.after_request(headers.protect)
    app.context_processor(lambda: {"may_change": is_owner()})
    language.register(app, Words(assets / "words"))
    errors.register(app)
    StaticFiles(assets / "static").register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    web = services.config.web
    app.wsgi_app = Forwarded(app.wsgi_app, web.host, web.trusted_proxies, services.tls_word)  # type: ignore[method-assign]
    return app
