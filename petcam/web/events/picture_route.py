"""The route for the picture of an event."""

from flask import Flask, Response, request

from petcam.events.read import Reader
from petcam.web.events.numbers import event_id, not_found
from petcam.web.events.visit_pictures import VisitPictures


class PictureRoute:
    def __init__(self, reader: Reader, pictures: VisitPictures) -> None:
        self._reader, self._pictures = reader, pictures

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/events/<event>/picture.jpg", "event_picture", self.show)

    def show(self, event: str) -> Response:
        """Its ETag is another where another frame has become the best."""
        found = self._reader.one(event_id(event))
        if found is None:
            raise not_found(event)
        name, jpeg = self._pictures.get(found)
        response = Response(jpeg, mimetype="image/jpeg")
        response.set_etag(str(name).removesuffix(".jpg").removeprefix("visit_"))
        response.make_conditional(request)
        return response
