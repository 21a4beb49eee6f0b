"""Live streams by PyAV: what ``rtsp://`` and ``/dev/videoN`` have in common."""

import threading
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

from petcam.errors import PetcamError
from petcam.feed.source import EncodedFrame
from petcam.feed.sources.live_sound import NO_DECODER, REFUSED, LiveSound
from petcam.feed.sources.own_sound import SoundFormat, SoundUnit
from petcam.feed.timing import LiveClock
from petcam.feed.transcoding import Player, Units, live_units, opened
from petcam.media import pyav

TIMEOUTS_SECONDS = (5.0, 5.0)  # to open, and from packet to packet; then the connection is made anew
ANSWER_SECONDS = 4.0  # within which a camera refuses; one that takes longer does not answer at all


class PyavLiveSource:
    """Opens ``url`` with ``options`` (further arguments of ``av.open``); passes H.264 through, transcodes the rest.

    ``in_pieces``: what is opened gives parts of access units, by RTP packets. ``with_sound``: the options of a
    connection that asks for sound, too, where there is such; :meth:`sound` has it asked for.
    """

    restartable = True

    def __init__(
        self,
        name: str,
        url: str,
        in_pieces: bool = False,
        with_sound: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        pyav.load(name)
        self.name = name
        self._url, self._in_pieces = url, in_pieces
        self._options, self._with_sound = options, with_sound
        self._sound: LiveSound | None = None

    def sound(self) -> LiveSound | None:
        """Its own, which comes with its pictures; None: it has none. To be asked before :meth:`frames`."""
        if self._with_sound is not None and self._sound is None:
            self._sound = LiveSound(self.name)
        return self._sound

    def frames(self, stop: threading.Event) -> Generator[EncodedFrame, None, None]:
        if self._sound is not None:
            has_come = yield from self._with_both(self._sound)
            if has_come or stop.is_set():
                return
            self._sound.begin(None, REFUSED)
        yield from self._played(self._options, None)

    def _with_both(self, sound: LiveSound) -> Generator[EncodedFrame, None, bool]:
        """Whether a picture came. There are cameras that refuse whoever asks for sound, each in a way of its own: those
        are asked for pictures alone, at once."""
        began, has_come = time.monotonic(), False
        try:
            with closing(self._played({**self._options, "options": self._with_sound}, sound)) as frames:
                for frame in frames:
                    has_come = True
                    yield frame
        except PetcamError:
            if has_come or time.monotonic() - began > ANSWER_SECONDS:
                raise
        return has_come

    def _played(self, options: dict[str, Any], sound: LiveSound | None) -> Generator[EncodedFrame, None, None]:
        clock = LiveClock()
        with opened(self.name, self._url, timeout=TIMEOUTS_SECONDS, **options) as stream:
            is_h264 = stream.codec_context.name == "h264"
            player, skipped = Player(self.name, stream, Units(stream).parameter_sets if is_h264 else []), 0
            heard = _heard(stream, sound) if sound is not None else (None, None)
            for unit in live_units(stream, self._in_pieces, *heard):
                for picture, media_ns in player.play(unit):
                    capture_ns = clock.capture_ns(media_ns, unit.arrival_ns)
                    if sound is not None:
                        sound.note_picture(media_ns, capture_ns)
                    size = (picture.width, picture.height)
                    damaged, skipped = player.skipped - skipped, player.skipped
                    yield EncodedFrame(picture.data, capture_ns, picture.keyframe, *size, damaged=damaged)


def _heard(stream: Any, sound: LiveSound) -> tuple[Any, Any]:
    """The first audio stream beside ``stream``, and who is given what comes of it; None where there is none."""
    for audio in stream.container.streams.audio:
        form = SoundFormat.of(audio)
        sound.begin(form, "" if form else NO_DECODER)
        if form:
            return audio, lambda data, media_ns, arrival_ns: sound.put(SoundUnit(data, media_ns, arrival_ns))
        return None, None
    sound.begin(None)
    return None, None
