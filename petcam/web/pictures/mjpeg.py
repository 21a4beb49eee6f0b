"""Pictures without WebRTC: a stream of JPEGs and the newest one."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Blueprint, Response, request

from petcam.errors import Code, PetcamError
from petcam.web.http.channel import CONNECTION, Connection
from petcam.web.http.streaming import LOOK_UP, open_stream
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.latest import Newest
from petcam.web.pictures.picture import Cadence, Picture, View
from petcam.web.services import services

SNAPSHOT_WAIT = 5.0  # seconds
BOUNDARY = "petcam-picture"
WIDTHS = (16, 3840)  # pixels
RATES = (0.1, 30.0)  # pictures a second
USUAL_RATE = 10.0

blueprint = Blueprint("mjpeg", __name__)


@blueprint.get("/stream.mjpg")
def stream() -> Response:
    view, fps = _view(), _number("fps", RATES, USUAL_RATE)
    viewer = request.environ[CONNECTION]
    newest, stop_looking = _supporting_feed(view).look(view, fps)
    parts = partial(_parts, newest, Cadence(fps), viewer)
    try:
        response = open_stream(f"multipart/x-mixed-replace; boundary={BOUNDARY}", parts)
    except BaseException:
        stop_looking()
        raise
    response.call_on_close(stop_looking)
    return response


@blueprint.get("/snapshot.jpg")
def snapshot() -> Response:
    view = _view()
    feed = _supporting_feed(view)
    leave_place = services().places.take()  # waiting holds a thread, as a stream does
    try:
        newest, stop_looking = feed.look(view, USUAL_RATE)
        try:
            return _conditional(_newest_picture(newest), view)
        finally:
            stop_looking()
    finally:
        leave_place()


def _view() -> View:
    width = int(_number("width", WIDTHS, 0)) & ~1  # JPEG's colours are two pixels wide
    return View(width, request.args.get("boxes", "0") not in ("", "0"))


def _number(name: str, allowed: tuple[float, float], usual: float) -> float:
    low, high = allowed
    text = request.args.get(name)
    if text is None:
        return usual
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not low <= number <= high:  # NaN neither
        raise PetcamError(Code.BAD_REQUEST, f"{name} must be a number from {low:g} to {high:g}")
    return number


def _supporting_feed(view: View) -> PictureFeed:
    if not services().pictures.supports(view):
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


def _conditional(picture: Picture, view: View) -> Response:
    """The picture, or 304 where the client has this very one."""
    response = Response(picture.jpeg, mimetype="image/jpeg")
    response.headers["X-Picture-Age"] = f"{picture.age():.3f}"
    response.set_etag(f"{picture.capture_ns:x}-{view.width}-{int(view.boxes)}")
    response.make_conditional(request)  # in place
    return response


def _parts(newest: Newest[Picture], cadence: Cadence, viewer: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    """A viewer to whom the last picture is still on its way gets none until it has left, and then the newest."""
    seen = 0
    while not (newest.closed or gone()):
        news = newest.wait(seen, LOOK_UP)
        if news is None:
            continue
        seen, picture = news
        due = picture.is_fresh() and cadence.is_due(picture.capture_ns)
        if due and not viewer.waiting():
            cadence.took(picture.capture_ns)
            yield _head(picture) + picture.jpeg + b"\r\n"


def _head(picture: Picture) -> bytes:
    lines = (
        f"--{BOUNDARY}",
        "Content-Type: image/jpeg",
        f"Content-Length: {len(picture.jpeg)}",
        f"X-Capture-Ns: {picture.capture_ns}",
        f"X-Rtp-Timestamp: {picture.rtp_timestamp}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
