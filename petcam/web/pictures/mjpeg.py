"""Pictures without WebRTC: a stream of JPEGs and the latest one."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, Response, request

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.web.http import CONNECTION, LOOK_UP, Connection, Mark, OpenStreams, marked
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import Cadence, Picture, View

LONGEST_SNAPSHOT_WAIT = 5.0  # seconds
BOUNDARY = "petcam-picture"
WIDTHS = (16, 3840)  # pixels
RATES = (0.1, 30.0)  # pictures a second
USUAL_RATE = 10.0


class PictureRoutes:
    def __init__(self, feed: PictureFeed, streams: OpenStreams) -> None:
        self._feed, self._streams = feed, streams

    def register(self, app: Flask) -> None:
        app.add_url_rule("/stream.mjpg", "mjpeg", self.stream)
        app.add_url_rule("/snapshot.jpg", "snapshot", self.snapshot)

    @marked(Mark.FOR_PROGRAMS)
    def stream(self) -> Response:
        view, fps = _view(), _number("fps", RATES, USUAL_RATE)
        viewer = request.environ[CONNECTION]
        self._require_support(view)
        latest, stop_looking = self._feed.look(view, fps)
        parts = partial(_parts, latest, Cadence(fps), viewer)
        try:
            response = self._streams.answer(f"multipart/x-mixed-replace; boundary={BOUNDARY}", parts)
        except BaseException:
            stop_looking()
            raise
        response.call_on_close(stop_looking)
        return response

    @marked(Mark.FOR_PROGRAMS)
    def snapshot(self) -> Response:
        view = _view()
        self._require_support(view)
        give_slot_back = self._streams.slots.take()  # waiting holds a thread, as a stream does
        try:
            latest, stop_looking = self._feed.look(view, USUAL_RATE)
            try:
                return _conditional(_latest_picture(latest), view)
            finally:
                stop_looking()
        finally:
            give_slot_back()

    def _require_support(self, view: View) -> None:
        if not self._feed.supports(view):
            raise pyav.missing("this", pyav.SERVICE_REMEDY)


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


def _latest_picture(latest: Latest[Picture]) -> Picture:
    deadline, seen = time.monotonic() + LONGEST_SNAPSHOT_WAIT, 0
    while (left := deadline - time.monotonic()) > 0 and not latest.closed:
        news = latest.wait(seen, left)
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


def _parts(latest: Latest[Picture], cadence: Cadence, viewer: Connection, gone: Callable[[], bool]) -> Iterator[bytes]:
    """A viewer to whom the last picture is still on its way gets none until it has left, and then the latest."""
    seen = 0
    while not (latest.closed or gone()):
        news = latest.wait(seen, LOOK_UP)
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
