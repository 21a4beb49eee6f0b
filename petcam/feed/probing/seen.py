"""What was seen of a source, unit by unit."""

from collections import Counter
from contextlib import suppress

from petcam.errors import PetcamError
from petcam.feed.probing.measures import Arrivals, Timestamps
from petcam.feed.sources import About, Unit
from petcam.h264 import Assembler, NotPlayable, annexb, sei, sps
from petcam.h264.sps import Sps

NS = 1_000_000_000
UNSAID_FPS = 30.0  # of a file that petcam plays


class Seen:
    """Give it each unit as it comes, then ask. Sizes in pixels."""

    def __init__(self, about: About, parameter_sets: list[bytes], opened_ns: int) -> None:
        self.about = about
        self._opened_ns = opened_ns  # when the connection began
        self._assembler = Assembler(parameter_sets)
        self._arrivals: list[int] = []
        self._shown: list[int] = []  # timestamps
        self._decoded: list[int] = []
        self._keyframes: list[int] = []  # which of the units
        self._bytes = 0
        self.sps: Sps | None = None  # the newest
        self.profile_bytes = b""  # of the newest: profile_idc, constraint flags, level_idc
        self._kinds: Counter[tuple[int, int, int]] = Counter()  # width, height, profile: how many SPS
        self.fault = ""  # why a browser could not play it as it is
        self.has_recovery_points = False
        for nal in parameter_sets:
            self._take(nal)

    def add(self, unit: Unit) -> None:
        if unit.keyframe:
            self._keyframes.append(self.count)
        self._arrivals.append(unit.arrival_ns)
        self._shown.append(unit.media_ns)
        self._decoded.append(unit.decoding_ns)
        self._bytes += unit.size
        for nal in unit.nals:
            self._take(nal)
        with suppress(PetcamError):
            try:
                self._assembler.picture(list(unit.nals))
            except NotPlayable as reason:
                self.fault = str(reason)

    def _take(self, nal: bytes) -> None:
        kind = annexb.nal_type(nal)
        if kind == annexb.SPS:
            with suppress(PetcamError):
                self.sps = sps.parse(nal)
                self.profile_bytes = nal[1:4]
                self._kinds[self.sps.width, self.sps.height, self.sps.profile] += 1
        elif kind == annexb.SEI and sei.RECOVERY_POINT in sei.payload_types(nal):
            self.has_recovery_points = True

    @property
    def count(self) -> int:
        return len(self._arrivals)

    @property
    def damaged(self) -> int:
        """Units of H.264 that are broken, as far as their headers tell; 0 where those of a whole one do not suit."""
        return 0 if self.fault else self._assembler.skipped

    @property
    def size(self) -> tuple[int, int]:
        return (self.sps.width, self.sps.height) if self.sps else self.about.size

    @property
    def kinds(self) -> list[tuple[int, int, int]]:
        """Width, height and profile, each once; what a single SPS says is taken for damage where others follow."""
        newest = (self.sps.width, self.sps.height, self.sps.profile) if self.sps else None
        return [kind for kind, count in self._kinds.items() if count > 1 or kind == newest]

    @property
    def aspect(self) -> tuple[int, int]:
        return self.sps.aspect if self.sps else self.about.aspect

    @property
    def fps_said(self) -> float:
        """By SPS, SDP or container; 0: by none."""
        return (self.sps.fps if self.sps else 0.0) or self.about.fps

    @property
    def _stamps(self) -> list[int]:
        """Those that rise from unit to unit: with B-frames pictures are shown in another order than they come."""
        return self._decoded if self.fault or self.about.codec != "h264" else self._shown

    @property
    def arrivals(self) -> Arrivals | None:
        """None of a file, which does not come by itself."""
        return Arrivals.of(self._arrivals, self._stamps) if self.about.is_live else None

    @property
    def timestamps(self) -> Timestamps | None:
        return Timestamps.of(self._stamps, self._arrivals if self.about.is_live else None)

    @property
    def says_rate(self) -> bool:
        """In some way, be it by its timestamps."""
        return bool(self.fps_said or self.timestamps)

    @property
    def fps(self) -> float:
        """The real rate, by the best that is known of it; of a file that at which petcam plays it; 0: not known."""
        if self.about.is_live:
            return self.arrivals.fps if self.arrivals else 0.0
        if self.timestamps:
            return self.timestamps.fps
        return self.fps_said or UNSAID_FPS

    @property
    def seconds(self) -> float:
        """That its pictures last."""
        return self.count / self.fps if self.fps else 0.0

    @property
    def bits_per_second(self) -> float:
        return 8 * self._bytes / self.seconds if self.seconds else 0.0

    @property
    def keyframe_count(self) -> int:
        return len(self._keyframes)

    @property
    def keyframe_seconds(self) -> float:
        """From keyframe to keyframe at the most, also to the end of what was seen; 0: not known."""
        places = [*self._keyframes, self.count]
        return max((b - a for a, b in zip(places, places[1:], strict=False)), default=0) / self.fps if self.fps else 0.0

    @property
    def first_picture_seconds(self) -> float:
        return (self._arrivals[0] - self._opened_ns) / NS

    @property
    def first_keyframe_seconds(self) -> float:
        """-1: none has come."""
        return (self._arrivals[self._keyframes[0]] - self._opened_ns) / NS if self._keyframes else -1.0
