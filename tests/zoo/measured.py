"""How fast and how true a network camera comes through: what depends on the machine, and is printed, not tested."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from petcam.shm.stream import AccessUnit
from tests.zoo.outcome import compared, nal_units
from tests.zoo.play import Sent
from tests.zoo.playing import Case, started
from tests.zoo.recorder import Film, Recorder
from tests.zoo.rtsp_camera import RtspCamera

SETTLED_SECONDS = 3.0  # after which captures should be where they belong
LIMITS = {"first ms": 1000.0, "age ms": 250.0, "off ms": 50.0, "length %": 1.0}
COLUMNS = ("first ms", "age ms", "age p99", "late p50", "off ms", "off p99", "length %")


@dataclass(frozen=True)
class Measured:
    """``lost``: pictures that are in no file. ``figures`` by column: from PLAY to the first picture that was published;
    from capture to publishing, at most; from when a picture was taken to its publishing, the median; captures against
    when that was, at most; the recording's length against the true one. What is late and what is off counts from
    ``SETTLED_SECONDS`` on."""

    case: str
    files: int
    lost: int
    connections: int
    figures: dict[str, float]

    def row(self) -> str:
        cells = [f"{self.figures[column]:9.1f}{self._mark(column)}" for column in COLUMNS]
        return f"\n{self.case:28}{self.files:6}{self.lost:6}{self.connections:6}" + "".join(cells)

    def _mark(self, column: str) -> str:
        return "!" if abs(self.figures[column]) > LIMITS.get(column, float("inf")) else " "


def head() -> str:
    return f"\n\n{'(!: over the limit)':28}{'files':>6}{'lost':>6}{'plays':>6}" + "".join(
        f"{each:>9} " for each in COLUMNS
    )


def measure(case: Case, directory: Path) -> Measured:
    """Plays ``case.pictures``, and records them but for the first."""
    with RtspCamera(case.units(), case.habits) as camera, started(directory, camera.url) as feed:
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(feed.read, case.pictures)
            with Recorder(directory, feed.stream) as recorder:
                recorder.start()
                came = reading.result()
                films = recorder.stop()
    play = camera.plays[0]
    recorded = compared(play.nals, [nals for film in films for nals in film.nals])
    lost = [place for place in recorded.lost if play.sent[place].is_whole and place not in case.left_out]
    figures = _of_captures(case, came, play.sent)
    figures["first ms"] = (came[0].publish_ns - play.began_ns) / 1e6
    figures["length %"] = _length_error(case, films, recorded.places, play.sent)
    return Measured(case.name, len(films), len(lost), len(camera.plays), figures)


def _of_captures(case: Case, came: list[AccessUnit], sent: list[Sent]) -> dict[str, float]:
    """Milliseconds. Of what was transcoded, all figures are of the ages."""
    places = compared([each.nals for each in sent], nal_units(came)).places
    late = [(unit.capture_ns - sent[place].taken_ns) / 1e6 for unit, place in zip(came, places, strict=False)]
    settled = [each for each, place in zip(late, places, strict=True) if place > SETTLED_SECONDS * case.habits.fps]
    taken = [(unit.publish_ns - sent[place].taken_ns) / 1e6 for unit, place in zip(came, places, strict=False)]
    waited = [each for each, place in zip(taken, places, strict=True) if place > SETTLED_SECONDS * case.habits.fps]
    ages = [(unit.publish_ns - unit.capture_ns) / 1e6 for unit in came]
    off = [abs(each) for each in settled] or [0.0]
    late_p50 = median(waited) if waited else 0.0
    return {"age ms": max(ages), "age p99": _p99(ages), "late p50": late_p50, "off ms": max(off), "off p99": _p99(off)}


def _length_error(case: Case, films: list[Film], places: list[int], sent: list[Sent]) -> float:
    true = (sent[places[-1]].taken_ns - sent[places[0]].taken_ns) / 1e9 + 1 / case.habits.fps
    return 100 * (sum(film.length for film in films) / true - 1)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
