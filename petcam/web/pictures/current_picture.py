"""The camera's picture of this moment, for who sends one and is no client."""

import time

from petcam.errors import PetcamError
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.picture import PictureOptions

WIDTH = 640  # pixels
FPS = 10.0


def picture_now(feed: PictureFeed, deadline: float) -> bytes | None:
    """As a JPEG; None where there is none until the monotonic time ``deadline``."""
    options = PictureOptions(WIDTH)
    if not feed.supports(options):
        return None
    try:
        latest, unsubscribe = feed.subscribe(options, FPS)
    except PetcamError:
        return None
    seen = 0
    try:
        while (left := deadline - time.monotonic()) > 0 and not latest.closed:
            update = latest.wait(seen, left)
            if update is not None:
                seen, picture = update
                if picture.is_fresh():
                    return picture.jpeg
    except PetcamError:
        pass
    finally:
        unsubscribe()
    return None
