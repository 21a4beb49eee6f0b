"""The routes for pictures without WebRTC: an MJPEG stream, and a snapshot of the latest picture."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, Response, request

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.web.http import (
    CONNECTION_KEY,
    STREAM_CHECK_SECONDS,
    Connection,
    Downloads,
    Mark,
    OpenStreams,
    marked,
    number,
    whole_number,
)
from petcam.web.pictures.audience import Audience
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import FrameRateLimiter, Picture, PictureOptions
from petcam.web.pictures.sent import SentPictures

MAX_SNAPSHOT_WAIT_SECONDS = 5.0
MAX_FIRST_WAIT_SECONDS = 1.0  # for a stream's first picture, or for the reason why there can be none
BOUNDARY = "petcam-picture"
BYTES = "application/octet-stream"
WIDTH_RANGE = (16, 3840)  # pixels
FPS_RANGE = (0.1, 30.0)  # pictures a second
DEFAULT_FPS = 10.0


class PictureRoutes:
    def __init__(
        self, feed: PictureFeed, streams: OpenStreams, sent: SentPictures, audience: Audience, downloads: Downloads
    ) -> None:
        self._feed, self._streams, self._sent, self._audience = feed, streams, sent, audience
        self._downloads = downloads

    def register(self, app: Flask) -> None:
        app.add_url_rule("/stream.mjpg", "mjpeg", self.stream)
        app.add_url_rule("/snapshot.jpg", "snapshot", self.snapshot)

    @marked(Mark.FOR_PROGRAMS, Mark.LIVE)
    def stream(self) -> Response:
        options, fps = _options(), number("fps", FPS_RANGE, DEFAULT_FPS)
        viewer = request.environ[CONNECTION_KEY]
        self._require_support(options)
        latest, unsubscribe = self._feed.subscribe(options, fps)
        parts = partial(_parts, latest, FrameRateLimiter(fps), viewer, self._sent)
        try:
            response = self._streams.answer(_stream_type(), parts)
        except BaseException:
            unsubscribe()
            raise
        response.call_on_close(unsubscribe)
        response.call_on_close(self._audience.enter())
        response.headers["Vary"] = "Accept"
        try:
            latest.wait(0, MAX_FIRST_WAIT_SECONDS)
        except PetcamError:
            response.close()
            raise
        return response

    @marked(Mark.FOR_PROGRAMS, Mark.LIVE)
    def snapshot(self) -> Response:
        options = _options()
        self._require_support(options)
        release_slot = self._streams.take_slot()
        try:
            latest, unsubscribe = self._feed.subscribe(options, DEFAULT_FPS)
            try:
                return self._sent_once(_latest_picture(latest), options)
            finally:
                unsubscribe()
        finally:
            release_slot()

    def _sent_once(self, picture: Picture, options: PictureOptions) -> Response:
        passage = self._sent.begin(request.environ[CONNECTION_KEY], len(picture.jpeg))
        if passage is None:
            raise PetcamError(Code.BUSY, "too many pictures are on their way to clients that do not read them")
        try:
            response = _conditional(picture, options, self._downloads)
        except BaseException:
            passage.written()
            raise
        response.call_on_close(passage.written)
        return response

    def _require_support(self, options: PictureOptions) -> None:
        if not self._feed.supports(options):
            raise PetcamError(Code.UNSUPPORTED, f"pictures need PyAV: {pyav.SERVICE_REMEDY}")


def _stream_type() -> str:
    """WebKit gives a script nothing of a ``multipart/x-mixed-replace``, so the page asks for bytes."""
    accepted = [value for value, _ in request.accept_mimetypes]
    return BYTES if BYTES in accepted else f"multipart/x-mixed-replace; boundary={BOUNDARY}"


def _options() -> PictureOptions:
    width = whole_number("width", WIDTH_RANGE, 0) & ~1  # even: in 4:2:0 colour one chroma sample covers two pixels
    return PictureOptions(width, request.args.get("boxes", "0") not in ("", "0"))


def _latest_picture(latest: Latest[Picture]) -> Picture:
    deadline, seen = time.monotonic() + MAX_SNAPSHOT_WAIT_SECONDS, 0
    while (left := deadline - time.monotonic()) > 0 and not latest.closed:
        update = latest.wait(seen, left)
        if update is not None:
            seen, picture = update
            if picture.is_fresh():
                return picture
    raise PetcamError(Code.CAMERA_SILENT, "no picture has come from the camera for 5 seconds")


def _conditional(picture: Picture, options: PictureOptions, downloads: Downloads) -> Response:
    """The picture, or 304 where the client has this same one."""
    response = Response(picture.jpeg, mimetype="image/jpeg")
    age = picture.age()
    taken = time.strftime("%Y%m%d-%H%M%S", time.localtime(time.time() - age))
    response.headers["X-Picture-Age"] = f"{age:.3f}"
    response.headers["Content-Disposition"] = downloads.disposition("inline", f"petcam_{taken}.jpg")
    response.set_etag(f"{picture.capture_ns:x}-{options.width}-{int(options.boxes)}")
    response.make_conditional(request)  # in place
    return response


def _parts(
    latest: Latest[Picture],
    limiter: FrameRateLimiter,
    viewer: Connection,
    sent: SentPictures,
    gone: Callable[[], bool],
) -> Iterator[bytes]:
    """While a client's last picture is not sent completely it gets no other; then it gets the latest. The stream ends
    where there can be no more pictures."""
    seen = 0
    while not (latest.closed or gone()):
        try:
            update = latest.wait(seen, STREAM_CHECK_SECONDS)
        except PetcamError:
            return
        if update is None:
            continue
        seen, picture = update
        due = picture.is_fresh() and limiter.is_due(picture.capture_ns) and not viewer.unsent()
        passage = sent.begin(viewer, len(picture.jpeg)) if due else None
        if passage is not None:
            limiter.mark_taken(picture.capture_ns)
            part = _head(picture) + picture.jpeg + b"\r\n"
            del update, picture  # a client that does not read keeps one copy, not two
            try:
                yield part
            finally:
                passage.written()
                del part


def _head(picture: Picture) -> bytes:
    lines = (
        f"--{BOUNDARY}",
        "Content-Type: image/jpeg",
        f"Content-Length: {len(picture.jpeg)}",
        f"X-Capture-Ns: {picture.capture_ns}",
        f"X-Rtp-Timestamp: {picture.rtp_timestamp}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
