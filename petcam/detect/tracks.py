"""All that is there: what one look has found is joined to what is known."""

from collections.abc import Callable, Iterable, Iterator

from petcam.detect.area import WHOLE, Area
from petcam.detect.model import Found
from petcam.detect.motion import Thumbnail
from petcam.detect.track import Track

MAX_TRACKS = 16
SAME_OVERLAP = 0.2  # of two boxes of one animal, from look to look
SAME_WITHIN = 0.7  # or so much of the smaller lies in the other
DOUBLE_OVERLAP, DOUBLE_WITHIN = 0.5, 0.8  # of two boxes of one animal in one look
ONE_OVERLAP = 0.6  # of two boxes that are of one, whatever they are called
MOST_GROWN = 2.5  # times as large or as small, from look to look
LEAST_OF_VIEW, MOST_OF_VIEW = 0.12, 0.95  # height or width of what a look can tell, in parts of what it was shown
KEPT_SCORE = 0.7  # of min_score, for what is known already
LOOKED_FOR = 0.5  # of min_score, from which on what is found as cat and as dog may be one of them all the same
EDGE = 0.02  # of what was shown: a box that ends there goes on outside
ALIKE = ("cat", "dog")  # which networks take for one another


class Tracks:
    def __init__(self, min_score: float) -> None:
        self._min_score = min_score
        self._all: list[Track] = []

    def __iter__(self) -> Iterator[Track]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def update(
        self,
        view: Area,
        found: Iterable[Found],
        capture_ns: int,
        thumbnail: Thumbnail,
        has_moved: Callable[[Area], bool],
        sought: Track | None = None,
    ) -> None:
        """After a look at ``view``, in whose parts ``found`` is; it was made for ``sought``. ``has_moved`` tells if
        something did there."""
        boxes = [(area_of(each).within(view), each) for each in found]
        least = self._min_score * (KEPT_SCORE if self._all else 1.0)
        boxes = [box for box in without_doubles([box for box in boxes if box[0].size > 0]) if box[1].score >= least]
        expected = [one for one in self._all if one is sought or _can_be_seen(one.area_at(capture_ns), view)]
        unmatched = set(map(id, expected))
        for area, each in boxes:
            track = self._best(area, each, capture_ns)
            if track is not None:
                unmatched.discard(id(track))
                whole = _whole(area, view, track.area_at(capture_ns))
                if each.score >= track.score or _is_as_large(whole, track.area):  # else it says nothing, either way
                    track.hit(whole, each.class_name, each.score, capture_ns, thumbnail)
            elif each.score >= self._min_score and len(self._all) < MAX_TRACKS:
                track = Track(area, capture_ns, has_moved(area), looked_ns=capture_ns)
                track.hit(area, each.class_name, each.score, capture_ns, thumbnail)
                self._all.append(track)
        for track in expected:
            track.turns, track.looked_ns = track.turns + 1, capture_ns
            if id(track) in unmatched:
                track.miss()
        self._join_doubles(capture_ns)

    def drop_lost(self, capture_ns: int, thumbnail: Thumbnail) -> None:
        for track in self._all:
            track.compare(thumbnail)
        self._all = [track for track in self._all if not track.is_lost(capture_ns)]

    def _best(self, area: Area, found: Found, capture_ns: int) -> Track | None:
        def nearness(track: Track) -> float:
            there = track.area_at(capture_ns)
            return max(area.overlap(there), area.overlap(track.area))

        same = [
            track
            for track in self._all
            if track.seen_ns < capture_ns
            and (nearness(track) >= ONE_OVERLAP or _are_alike(track.class_name, found.class_name))
            and (_is_same(area, track.area_at(capture_ns)) or _is_same(area, track.area))
        ]
        return max(same, key=nearness, default=None)

    def _join_doubles(self, capture_ns: int) -> None:
        """Two tracks that have come together are one: the surer."""
        kept: list[Track] = []
        for track in sorted(self._all, key=lambda each: (each.confirmed, each.hits), reverse=True):
            area = track.area_at(capture_ns)
            places = ((other.area_at(capture_ns), other.class_name) for other in kept)
            if not any(_is_double(area, track.class_name, *place) for place in places):
                kept.append(track)
        self._all = kept


def area_of(found: Found) -> Area:
    return Area(found.left, found.top, found.right, found.bottom)


def _is_same(one: Area, other: Area) -> bool:
    smaller, larger = sorted((one, other), key=lambda area: area.size)
    return one.overlap(other) >= SAME_OVERLAP or smaller.share_within(larger) >= SAME_WITHIN


def _is_as_large(one: Area, other: Area) -> bool:
    smaller, larger = sorted((one.size, other.size))
    return larger <= MOST_GROWN * smaller


def _are_alike(one: str, other: str) -> bool:
    return one == other or (one in ALIKE and other in ALIKE)


def _is_double(one: Area, name: str, other: Area, other_name: str) -> bool:
    """Whether two boxes are of one: of one kind and mostly the same, or of whatever kind and the same."""
    smaller, larger = sorted((one, other), key=lambda area: area.size)
    overlap = one.overlap(other)
    if _are_alike(name, other_name):
        return overlap >= DOUBLE_OVERLAP or smaller.share_within(larger) >= DOUBLE_WITHIN
    return overlap >= ONE_OVERLAP


def without_doubles(boxes: list[tuple[Area, Found]]) -> list[tuple[Area, Found]]:
    """One that was found twice is the surer of them. One that was found as cat and as dog is that which it is more
    likely, and as sure as it is one or the other."""
    kept: list[tuple[Area, Found]] = []
    for area, each in sorted(boxes, key=lambda box: -box[1].score):
        same = [
            index
            for index, (place, other) in enumerate(kept)
            if _is_double(area, each.class_name, place, other.class_name)
        ]
        for index in same[:1]:
            place, other = kept[index]
            if {other.class_name, each.class_name} == set(ALIKE) and area.overlap(place) >= DOUBLE_OVERLAP:
                kept[index] = place, other._replace(score=1 - (1 - other.score) * (1 - each.score))
        if not same:
            kept.append((area, each))
    return kept


def _can_be_seen(area: Area, view: Area) -> bool:
    """Whether a look at ``view`` would have found it."""
    largest = max(area.width / view.width, area.height / view.height)
    return area.share_within(view) > 0.9 and LEAST_OF_VIEW < largest < MOST_OF_VIEW


def _whole(area: Area, view: Area, known: Area) -> Area:
    """A box that is cut off by the edge of what was shown keeps the size that is known."""
    across, down = EDGE * view.width, EDGE * view.height
    cut_left = area.left - view.left < across and view.left > WHOLE.left
    cut_top = area.top - view.top < down and view.top > WHOLE.top
    cut_right = view.right - area.right < across and view.right < WHOLE.right
    cut_bottom = view.bottom - area.bottom < down and view.bottom < WHOLE.bottom
    return Area(
        min(area.left, area.right - known.width) if cut_left else area.left,
        min(area.top, area.bottom - known.height) if cut_top else area.top,
        max(area.right, area.left + known.width) if cut_right else area.right,
        max(area.bottom, area.top + known.height) if cut_bottom else area.bottom,
    )
