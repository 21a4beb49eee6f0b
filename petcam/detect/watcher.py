"""What is to be looked at next, and what is there: pictures in, boxes out. It knows no clock but the pictures' own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from petcam.detect.area import Area
from petcam.detect.model import Model
from petcam.detect.motion import Motion, Thumbnail
from petcam.detect.squares import Picture
from petcam.detect.track import LEAST_MISSES, Track
from petcam.detect.tracks import LOOKED_FOR, Tracks
from petcam.shm.detections import Box

SECOND = 1_000_000_000
NEW_NS = SECOND // 20  # how soon each is looked at again: what was found once,
MOVING_NS = SECOND // 5  # what moves,
STILL_NS, LONG_STILL_NS = 4 * SECOND, 12 * SECOND  # what lies still, and has for a minute
LONG_NS = 60 * SECOND
CHANGE_NS, MAX_CHANGE_NS = SECOND // 5, 8 * SECOND  # where something moves that is no pet: longer each time
TILE_NS, TILE_PER_LOOK = 2 * SECOND, 20  # a tile of the sweep: of all the time, one part in so many at most
RESTED_NS = 3 * SECOND  # without anything that moves
EAGER_TURNS = 12  # looks at one change before they become fewer
MAX_CHANGES = 16
WIDER = 0.3  # of a box, around it, that is its shadow
SAME_HOME = 0.2  # of two areas, where something moves about one place
STRIP = 0.2  # of its length: a box at the picture's edge that is narrower says nothing
FORGOTTEN_NS = 8 * SECOND  # that something moved there and was no pet


class Frame(Protocol):
    """One picture; petcam.detect.pictures makes them of decoded ones."""

    capture_ns: int
    width: int  # pixels
    height: int
    aspect: float  # width of a pixel by its height

    def thumbnail(self) -> Thumbnail: ...

    def cut(self, area: Area, width: int, height: int) -> Any:
        """(height, width, 3) uint8 RGB."""


@dataclass
class Change:
    """A place where something moves that was no pet so far."""

    area: Area
    home: Area  # where it was looked at so often
    seen_ns: int
    looked_ns: int = 0
    turns: int = 0

    def go_on(self, area: Area, now: int) -> None:
        """A curtain stays where it is; what goes away from there is looked at with new eyes."""
        if area.overlap(self.home) < SAME_HOME:
            self.home, self.turns = area, 0
        self.area, self.seen_ns = area, now

    @property
    def wait_ns(self) -> int:
        """Until it is looked at again: soon at first, as a pet is not found by each look; a curtain less and less."""
        return min(CHANGE_NS << max(0, self.turns - EAGER_TURNS), MAX_CHANGE_NS)


class View(NamedTuple):
    """What is to be looked at, and how overdue that is: from 1 on it is due."""

    due: float
    area: Area
    track: Track | None = None  # what it is looked at for
    change: Change | None = None
    is_tile: bool = False


class Watcher:
    """For one thread. ``see`` each picture, then ``look`` at it, where there is the time for that, then ask for
    ``boxes``."""

    def __init__(self, model: Model, min_score: float) -> None:
        self._model, self._min_score = model, min_score
        self._shape = (0, 0, 0.0)  # of the pictures
        self._picture = Picture(1, 1, 1)
        self._tiles: list[Area] = []
        self._tile_at = 0  # of the tiles, the next
        self._begin()

    def _begin(self) -> None:
        """Know nothing of any picture before."""
        self._motion = Motion()
        self._tracks = Tracks(self._min_score)
        self._changes: list[Change] = []
        self._tile_ns = 0
        self._moved_ns = 0  # when something moved last
        self._thumbnail: Thumbnail | None = None  # of the latest picture, as is the next
        self._now = 0

    @property
    def is_busy(self) -> bool:
        """Whether there is, or was just now, something that moves: all pictures count. Else those of each second do."""
        return self._now - self._moved_ns < RESTED_NS or any(not track.confirmed for track in self._tracks)

    def see(self, frame: Frame) -> None:
        """Notice what has moved, and forget what is gone; all of it where the pictures' clock has gone back."""
        if frame.capture_ns < self._now:
            self._begin()
        self._now = frame.capture_ns
        self._reshape(frame)
        self._thumbnail = frame.thumbnail()
        areas = self._motion.areas(self._thumbnail, self._now)
        if areas:
            self._moved_ns = self._now
        self._note_changes(areas)
        self._tracks.drop_lost(self._now, self._thumbnail)

    def look(self, frame: Frame, look_ns: int = 0) -> bool:
        """Look at the part of the picture, which must have been seen, that waits the longest for its time; false: at
        none. ``look_ns`` is what a look takes."""
        view = max(self._views(look_ns), key=lambda each: each.due, default=None)
        if view is None or view.due < 1 or self._thumbnail is None:
            return False
        found = self._model.find(
            frame.cut(view.area, self._model.width, self._model.height), LOOKED_FOR * self._min_score
        )
        self._tracks.update(view.area, found, self._now, self._thumbnail, self._has_moved, view.track)
        if view.change is not None:
            view.change.looked_ns, view.change.turns = self._now, view.change.turns + 1
        if view.is_tile:
            self._tile_ns, self._tile_at = self._now, (self._tile_at + 1) % len(self._tiles)
        return True

    def boxes(self, frame: Frame) -> list[Box]:
        """All that is there, in pixels of the picture, the surest first."""
        sure = sorted((track for track in self._tracks if track.confirmed), key=lambda track: -track.score)
        found = (_box(track, track.area_at(frame.capture_ns), frame) for track in sure)
        return [box for box in found if box is not None]

    def _reshape(self, frame: Frame) -> None:
        shape = (frame.width, frame.height, frame.aspect)
        if shape == self._shape:
            return
        self._shape = shape
        self._picture = Picture(max(1, round(frame.width * frame.aspect)), frame.height, self._model.width)
        self._tiles, self._tile_at = self._picture.tiles(), 0

    def _note_changes(self, areas: list[Area]) -> None:
        self._changes = [each for each in self._changes if self._now - each.seen_ns < FORGOTTEN_NS]
        for area in areas:
            known = max(self._changes, key=lambda each: each.area.overlap(area), default=None)
            if known is not None and known.area.common(area) > 0:
                known.go_on(area, self._now)
            elif len(self._changes) < MAX_CHANGES:
                self._changes.append(Change(area, area, self._now))

    def _has_moved(self, area: Area) -> bool:
        recent = (each.area for each in self._changes if self._now - each.seen_ns < RESTED_NS)
        return any(area.common(each) > 0 for each in recent)

    def _views(self, look_ns: int) -> Iterator[View]:
        for track in self._tracks:
            due = self._overdue(track.looked_ns, self._wait_ns(track))
            yield View(due, self._picture.around(track.area_at(self._now), track.turns), track=track)
        for change in self._changes:
            if change.seen_ns == self._now and not self._is_known(change.area):
                due = self._overdue(change.looked_ns, change.wait_ns)
                yield View(due, self._picture.around(change.area, change.turns), change=change)
        if self._tiles:
            due = self._overdue(self._tile_ns, max(TILE_NS, TILE_PER_LOOK * look_ns))
            yield View(due, self._tiles[self._tile_at], is_tile=True)

    def _overdue(self, looked_ns: int, wait_ns: int) -> float:
        return (self._now - looked_ns) / wait_ns

    def _wait_ns(self, track: Track) -> int:
        if not track.confirmed:
            return NEW_NS if track.moved_there else NEW_NS * 10
        still_ns = self._now - track.still_since_ns
        if still_ns < RESTED_NS or 0 < track.misses <= LEAST_MISSES or not track.is_unchanged:
            return MOVING_NS
        return LONG_STILL_NS if still_ns > LONG_NS else STILL_NS

    def _is_known(self, area: Area) -> bool:
        """Whether what moves there is one of the tracks."""
        return any(
            track.confirmed and area.share_within(_wider(track.area_at(self._now))) > 0.6 for track in self._tracks
        )


def _wider(area: Area) -> Area:
    across, down = WIDER * area.width, WIDER * area.height
    return Area(area.left - across, area.top - down, area.right + across, area.bottom + down)


def _box(track: Track, area: Area, frame: Frame) -> Box | None:
    left, right = (min(max(edge, 0.0), 1.0) * frame.width for edge in (area.left, area.right))
    top, bottom = (min(max(edge, 0.0), 1.0) * frame.height for edge in (area.top, area.bottom))
    width, height = right - left, bottom - top
    if min(width, height) < max(1.0, STRIP * max(width, height)) and _is_at_edge(area):
        return None  # the last of one that leaves
    return Box(track.class_name, min(track.score, 1.0), left, top, width, height)


def _is_at_edge(area: Area) -> bool:
    return min(area.left, area.top, 1 - area.right, 1 - area.bottom) < 1e-3
