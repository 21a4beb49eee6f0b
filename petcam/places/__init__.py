"""The places that a family has drawn over the picture: the sofa, the bowl. One file, ``places.json`` in petcam-web's
state directory (docs/state.md, "Places"): petcam-web writes it, petcam-events reads it.

Imports ``errors`` and ``access``, of which it uses the state files.
"""

from petcam.places.document import MAX_NAME, MAX_PLACES, MAX_POINTS, MIN_POINTS, as_document, places_of
from petcam.places.named_place import NamedPlace, Point
from petcam.places.places_file import MAX_FILE_BYTES, PlacesFile

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_NAME",
    "MAX_PLACES",
    "MAX_POINTS",
    "MIN_POINTS",
    "NamedPlace",
    "PlacesFile",
    "Point",
    "as_document",
    "places_of",
]
