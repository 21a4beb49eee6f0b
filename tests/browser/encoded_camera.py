"""A camera that encodes its own pictures into shared memory."""

import threading
import time
from collections.abc import Callable
from typing import Any

from petcam.shm.stream import StreamWriter

FPS = 15
ENDLESS = 100_000  # pictures of a group


class EncodedCamera:
    """Sends grey pictures in groups of ``group`` from its thread, and a keyframe when it is asked for one.

    ``is_joined`` leaves out the first picture; ``first_ago`` dates it back, in seconds. ``paint`` changes each picture;
    ``published`` is told each one's capture time.
    """

    def __init__(
        self,
        stream: str,
        width: int,
        height: int,
        *,
        group: int = ENDLESS,
        fps: float = FPS,
        is_joined: bool = False,
        first_ago: float = 0,
        sar: str = "1/1",
        paint: Callable[[Any], None] = lambda frame: None,
        published: Callable[[int], object] = lambda capture_ns: None,
    ) -> None:
        self._stream, self._size, self._is_joined = stream, (width, height), is_joined
        self._group, self._sar, self._interval, self._first_ago = group, sar, 1 / fps, first_ago
        self._paint, self._published = paint, published
        self._ask, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera")
        self._thread.start()

    def send_keyframe(self) -> None:
        self._ask.set()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        encoder, number = self._encoder(), 0
        width, height = self._size
        with StreamWriter(self._stream) as writer:
            while not self._end.wait(self._interval):
                number += 1
                for packet in encoder.encode(self._picture(number)):
                    if number == 1 and self._is_joined:
                        continue
                    now, size = time.monotonic_ns(), {"width": width, "height": height}
                    if number == 1:
                        now -= int(self._first_ago * 1e9)
                    writer.publish(bytes(packet), capture_ns=now, keyframe=packet.is_keyframe, **size)
                    self._published(now)

    def _encoder(self) -> Any:
        import av

        encoder: Any = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height = self._size
        encoder.pix_fmt, encoder.framerate, encoder.profile = "yuv420p", FPS, "Baseline"
        options = {"tune": "zerolatency", "preset": "ultrafast", "g": str(self._group), "forced-idr": "1"}
        encoder.options = {**options, "x264-params": f"sar={self._sar}"}
        return encoder

    def _picture(self, number: int) -> Any:
        import av

        frame: Any = av.VideoFrame(*self._size, "yuv420p")
        for plane, value in zip(frame.planes, (64 + number % 64, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        self._paint(frame)
        frame.pts = number
        if self._ask.is_set():
            self._ask.clear()
            frame.pict_type = av.video.frame.PictureType.I
        return frame
