"""The routes for the places: which there are, and all of them drawn anew."""

from flask import Flask, Response

from petcam.places import NamedPlace, PlacesFile, as_document
from petcam.settings import SettingsFile
from petcam.web.http import json_answer, json_object

PATH = "/api/places"
MAX_BYTES = 32 * 1024


class PlacesRoute:
    def __init__(self, places: PlacesFile, settings: SettingsFile) -> None:
        self._places, self._settings = places, settings

    def register(self, app: Flask) -> None:
        app.add_url_rule(PATH, "places", self.show)
        app.add_url_rule(PATH, "change_places", self.change, methods=["PUT"])

    def show(self) -> Response:
        """For viewers too."""
        return json_answer(as_document(self._places.read()))

    def change(self) -> Response:
        """The whole list; a place without an id is a new one."""
        before, after = self._places.replace(json_object(MAX_BYTES))
        self._follow(before, after)
        return json_answer(as_document(after))

    def _follow(self, before: tuple[NamedPlace, ...], after: tuple[NamedPlace, ...]) -> None:
        """The settings choose places by name, and go on with those that have another one now."""
        names = {place.id: place.name for place in after}
        renamed = {place.name: names[place.id] for place in before if names.get(place.id, place.name) != place.name}
        chosen = self._settings.read().notify.places
        followed = list(dict.fromkeys(renamed.get(name, name) for name in chosen))
        if followed != list(chosen):
            self._settings.change({"notify": {"places": followed}})
