"""The page on which the owner draws places; for the owner alone."""

from flask import Flask, Response, render_template

from petcam.places import MAX_NAME, MAX_PLACES, PlacesFile, as_document
from petcam.web.http import Mark, compressed, marked


class PlacesPage:
    def __init__(self, places: PlacesFile) -> None:
        self._places = places

    def register(self, app: Flask) -> None:
        app.add_url_rule("/places", "places_page", self.show)

    @marked(Mark.PAGE, Mark.FOR_OWNER)
    def show(self) -> Response:
        """``places.html`` gets ``places`` (the document), ``trouble`` (words of what is wrong with its file; may be
        empty), ``most`` and ``longest`` (of places, and of a name)."""
        document = as_document(self._places.read())
        trouble = self._places.trouble()
        page = render_template(
            "places.html",
            places=document,
            trouble=trouble.key if trouble else "",
            most=MAX_PLACES,
            longest=MAX_NAME,
        )
        return compressed(page)
