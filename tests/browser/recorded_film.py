"""What a page plays and draws of a recording, and what it should."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

TICKS = 90_000
TIMEOUT_MS = 120_000  # of a busy machine, which presents few frames
PIXEL = 0.51  # the size of the screen's picture is no whole multiple of the video's

# Remember each presented frame with the boxes that are painted in its callback (`drawn`), in pixels of the screen, and
# what is painted now (`painted`): by the strokes of the canvas itself, without a look into the page's modules.
WATCH = """{
    window.drawn = [];
    window.painted = [];
    const { prototype } = CanvasRenderingContext2D;
    const { clearRect, strokeRect } = prototype;
    const isBoxes = (context) => context.canvas.classList.contains("player-boxes");
    prototype.clearRect = function (...all) {
        if (isBoxes(this)) window.painted = [];
        clearRect.apply(this, all);
    };
    prototype.strokeRect = function (...all) {
        if (isBoxes(this) && this.lineWidth === 2.5) window.painted.push(all);
        strokeRect.apply(this, all);
    };
    const request = HTMLVideoElement.prototype.requestVideoFrameCallback;
    HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
        return request.call(this, (now, metadata) => {
            callback(now, metadata);
            const ticks = Math.round(metadata.mediaTime * 90000);
            window.drawn.push({ ticks, boxes: window.painted, now, rate: this.playbackRate });
        });
    };
}"""
# Where the picture is on the screen, and how large the video is.
PLACE = """() => {
    const { clientWidth, clientHeight, videoWidth, videoHeight } = document.querySelector(".player video");
    return [clientWidth, clientHeight, videoWidth, videoHeight];
}"""


@dataclass(frozen=True)
class Film:
    """A recording's boxes, by the API; a box is left, top, width, height in pixels of the video."""

    name: str
    frames: dict[int, list[list[float]]]  # by their ticks, ascending

    @classmethod
    def of(cls, page: Page, name: str) -> "Film":
        answer = page.request.get(f"/api/recordings/{name}/boxes")
        return cls(name, {ticks: [box[2:] for box in boxes] for ticks, boxes in answer.json()["frames"]})


def on_screen(boxes: Iterable[list[float]], place: list[float]) -> list[list[float]]:
    """Boxes in the video's pixels, as they are painted: what of them lies in the picture."""
    across, down, width, height = place
    scale = min(across / width, down / height)
    left, top = (across - width * scale) / 2, (down - height * scale) / 2
    painted = []
    for x, y, w, h in boxes:
        begin, end = [max(0, x), max(0, y)], [min(width, x + w), min(height, y + h)]
        if begin[0] < end[0] and begin[1] < end[1]:
            size = [(end[0] - begin[0]) * scale, (end[1] - begin[1]) * scale]
            painted.append([left + begin[0] * scale, top + begin[1] * scale, *size])
    return painted


def are_alike(some: list[list[float]], others: list[list[float]]) -> bool:
    def near(a: list[float], b: list[float]) -> bool:
        return all(abs(one - other) < PIXEL for one, other in zip(a, b, strict=True))

    return len(some) == len(others) and all(map(near, sorted(some), sorted(others)))


@dataclass(frozen=True)
class Tally:
    """Of presented frames: those that the detector looked at, and of these those with just their boxes on them."""

    looked_at: int
    exact: int
    wrong: list[Any]

    @property
    def share(self) -> float:
        return self.exact / max(1, self.looked_at)


def tally(film: Film, drawn: list[dict[str, Any]], place: list[float]) -> Tally:
    looked_at = [each for each in drawn if each["ticks"] in film.frames]
    wrong = [each for each in looked_at if not are_alike(each["boxes"], on_screen(film.frames[each["ticks"]], place))]
    return Tally(len(looked_at), len(looked_at) - len(wrong), wrong)


def take_drawn(
    page: Page, film: Film, count: int, act: Callable[[], object], moment: float | None = None
) -> list[dict[str, Any]]:
    """What is presented behind ``act``, from the first frame with a box on: until the detector looked at ``count``.

    Where that leads to a ``moment`` (seconds), frames of before do not count."""
    page.evaluate("times => { drawn.length = 0; window.lookedAt = new Set(times); }", list(film.frames))
    act()
    page.evaluate(
        """moment => {
            window.behind = () => {
                const come = moment === null ? 0 : drawn.findIndex(({ ticks }) => Math.abs(ticks / 90000 - moment) < 1);
                return come < 0 ? [] : drawn.slice(come);
            };
            window.boxed = () => {
                const first = behind().findIndex(({ boxes }) => boxes.length);
                return first < 0 ? [] : behind().slice(first);
            };
        }""",
        moment,
    )
    page.wait_for_function("count => boxed().filter(({ ticks }) => lookedAt.has(ticks)).length >= count", arg=count)
    drawn: list[dict[str, Any]] = page.evaluate("boxed()")
    return drawn
