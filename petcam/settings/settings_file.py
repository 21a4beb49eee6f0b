"""``settings.json``: read by each service, changed by petcam-web alone."""

import time
from collections.abc import Callable
from pathlib import Path

from petcam.access import ChosenFile, Kind, Place, unsealed
from petcam.settings.document import as_document, changed, of_document
from petcam.settings.settings import DEFAULTS, Settings

MAX_FILE_BYTES = 64 << 10
KIND = Kind(
    "settings.json",
    MAX_FILE_BYTES,
    "all settings are as petcam brings them",
    "set them anew on the page, below Settings",
    "trouble.settings",
    mode=0o640,  # petcam-events and the streamer read it as members of the directory's group
)


class SettingsFile(ChosenFile[Settings]):
    def __init__(
        self, directory: Path, place: Place | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(directory, KIND, lambda data: of_document(unsealed(data)), DEFAULTS, place, clock)

    def change(self, patch: object) -> Settings:
        """Raises as :meth:`ChosenFile._change` does."""
        return self._change(lambda before: changed(before, patch), as_document)[1]
