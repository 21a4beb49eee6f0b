"""What a family sets: its page and routes, and the link of a message that mutes further ones.

Imports ``access``, ``config``, ``errors``, ``events``, ``events.rules``, ``places``, ``settings``, ``system`` and
``web.http``.
"""

from flask import Flask

from petcam.config import Config
from petcam.events.control_client import ControlClient
from petcam.places import PlacesFile
from petcam.settings import SettingsFile
from petcam.web.settings.mute_page import MutePage
from petcam.web.settings.mute_token import MuteToken
from petcam.web.settings.settings_page import SettingsPage
from petcam.web.settings.settings_route import SettingsRoute

__all__ = ["MuteToken", "register"]


def register(
    app: Flask,
    config: Config,
    settings: SettingsFile,
    places: PlacesFile,
    token: MuteToken,
    service: ControlClient,
) -> None:
    """``service`` is petcam-events, which tells."""
    MutePage(settings, token).register(app)
    SettingsRoute(settings, service).register(app)
    SettingsPage(config, settings, places).register(app)
