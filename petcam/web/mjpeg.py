"""Pictures without WebRTC: a stream of JPEGs and the newest one."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Blueprint, Response

from petcam.errors import Code, PetcamError
from petcam.web.newest import Newest
from petcam.web.picture_feed import Picture, PictureFeed
from petcam.web.services import services
from petcam.web.streaming import LOOK_UP, open_stream

SNAPSHOT_WAIT = 5.0  # seconds
BOUNDARY = "petcam-picture"

blueprint = Blueprint("mjpeg", __name__)


@blueprint.get("/stream.mjpg")
def stream() -> Response:
    feed = _supported_feed()
    response = open_stream(f"multipart/x-mixed-replace; boundary={BOUNDARY}", partial(_parts, feed.newest))
    response.call_on_close(feed.look())
    return response


@blueprint.get("/snapshot.jpg")
def snapshot() -> Response:
    feed = _supported_feed()
    leave_place, stop_looking = services().places.take(), feed.look()  # waiting holds a thread, as a stream does
    try:
        return Response(_newest_picture(feed.newest).jpeg, mimetype="image/jpeg")
    finally:
        stop_looking()
        leave_place()


def _supported_feed() -> PictureFeed:
    if not services().pictures.is_supported():
        raise PetcamError(Code.UNSUPPORTED, "pictures need PyAV: sudo apt install python3-av, then restart petcam-web")
    return services().pictures


def _newest_picture(newest: Newest[Picture]) -> Picture:
    deadline, seen = time.monotonic() + SNAPSHOT_WAIT, 0
    while (left := deadline - time.monotonic()) > 0 and not newest.closed:
        news = newest.wait(seen, left)
        if news is not None:
            seen, picture = news
            if picture.is_fresh():
                return picture
    raise PetcamError(Code.CAMERA_SILENT, "no picture has come from the camera for 5 seconds")


def _parts(newest: Newest[Picture], gone: Callable[[], bool]) -> Iterator[bytes]:
    seen = 0
    while not (newest.closed or gone()):
        news = newest.wait(seen, LOOK_UP)
        if news is None:
            continue
        seen, picture = news
        if picture.is_fresh():
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n\r\n"
            yield head.encode() + picture.jpeg + b"\r\n"
