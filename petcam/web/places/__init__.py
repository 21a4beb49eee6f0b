"""The places that a family has drawn over the picture: their page and routes.

Imports ``places``, ``settings`` and ``web.http``.
"""

from flask import Flask

from petcam.places import PlacesFile
from petcam.settings import SettingsFile
from petcam.web.places.places_page import PlacesPage
from petcam.web.places.places_route import PlacesRoute

__all__ = ["register"]


def register(app: Flask, places: PlacesFile, settings: SettingsFile) -> None:
    PlacesRoute(places, settings).register(app)
    PlacesPage(places).register(app)
