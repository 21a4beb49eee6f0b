"""The picture of a visit that has just begun, for who tells of it and cannot wait for long."""

import time

from petcam.errors import PetcamError
from petcam.events.read import Reader
from petcam.web.events.visit_pictures import VisitPictures

PAUSE_SECONDS = 0.1  # between looks while the event is not in the database yet, or its frame in no video


class SoonPicture:
    """For any thread."""

    def __init__(self, reader: Reader, pictures: VisitPictures) -> None:
        self._reader, self._pictures = reader, pictures

    def get(self, event_id: int, deadline: float) -> bytes | None:
        """As a JPEG; None where there is none until the monotonic time ``deadline``."""
        while True:
            try:
                event = self._reader.one(event_id)
                if event is not None:
                    return self._pictures.get(event, deadline)[1]
            except PetcamError:
                pass  # it may be there at the next look
            if time.monotonic() + PAUSE_SECONDS >= deadline:
                return None
            time.sleep(PAUSE_SECONDS)
