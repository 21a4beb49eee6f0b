"""``places.json``: read by petcam-web and petcam-events, changed by petcam-web alone."""

import time
from collections.abc import Callable
from pathlib import Path

from petcam.access import ChosenFile, Kind, Place
from petcam.places.document import as_document, of_document, places_of
from petcam.places.named_place import NamedPlace

MAX_FILE_BYTES = 32 << 10
KIND = Kind(
    "places.json",
    MAX_FILE_BYTES,
    "there are no places",
    "draw them anew on the page, below Settings",
    "trouble.places",
    mode=0o640,  # petcam-events reads it as a member of the directory's group
)


class PlacesFile(ChosenFile[tuple[NamedPlace, ...]]):
    def __init__(
        self, directory: Path, place: Place | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(directory, KIND, places_of, (), place, clock)

    def replace(self, document: object) -> tuple[tuple[NamedPlace, ...], tuple[NamedPlace, ...]]:
        """All of them, those of ``document`` without an id being new: the places before and after. Raises as
        :meth:`ChosenFile._change` does."""
        return self._change(lambda before: of_document(document, before), as_document)
