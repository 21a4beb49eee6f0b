"""Pictures and a network for the tests of the watcher: a light square is a cat, and nothing is decoded."""

import numpy as np

from petcam.detect.area import Area
from petcam.detect.model import Found
from petcam.detect.motion import HEIGHT, WIDTH

SECOND = 1_000_000_000


class Room:
    """A picture of 1280×720 in which each animal is a rectangle: class, score, and its area in parts of the picture."""

    width, height, aspect = 1280, 720, 1.0

    def __init__(self, seconds: float, *animals: tuple[str, float, Area], light: float = 60.0) -> None:
        self.capture_ns = int(seconds * SECOND) + 1
        self.animals, self.light = animals, light

    def thumbnail(self) -> np.ndarray:
        picture = np.full((HEIGHT, WIDTH), self.light, np.float32)
        for _, _, area in self.animals:
            left, right = round(area.left * WIDTH), round(area.right * WIDTH)
            top, bottom = round(area.top * HEIGHT), round(area.bottom * HEIGHT)
            picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = self.light + 80
        return picture

    def cut(self, area: Area, width: int, height: int) -> tuple["Room", Area]:
        return self, area


class Network:
    """Finds what lies within what it is shown, as a small network would: not what is tiny there, or cut off."""

    name, width, height, classes = "test", 300, 300, ("person", "cat", "dog")

    def __init__(self) -> None:
        self.views: list[Area] = []
        self.blind, self.hits, self.most = False, 0, 0.9
        self.sees_ghost: tuple[str, float, Area] | None = None  # that is in the picture for the network only

    def find(self, picture: tuple[Room, Area], least: float) -> list[Found]:
        room, view = picture
        self.views.append(view)
        animals = [*room.animals, *([self.sees_ghost] if self.sees_ghost else [])]
        found = []
        for name, score, area in () if self.blind else animals:
            part = max(area.width / view.width, area.height / view.height)
            if score >= least and area.share_within(view) > 0.9 and 0.15 < part < self.most:
                left, top = (area.left - view.left) / view.width, (area.top - view.top) / view.height
                size = area.width / view.width, area.height / view.height
                found.append(Found(name, score, left, top, left + size[0], top + size[1]))
        self.hits += len(found)
        return found


def at(x: float, y: float = 0.5, width: float = 0.15, height: float = 0.2) -> Area:
    """An animal's place by its centre."""
    return Area(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
