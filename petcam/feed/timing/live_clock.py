"""The capture time of a live stream's pictures, from the camera's timestamps and from when they arrive.

A camera's clock is believed for what it does well, the even spacing of pictures that a network brings unevenly, and
only as far as their arrival bears it out: docs/feeding.md, "When a live picture was captured".
"""

from collections import deque
from statistics import median

MAX_LATENESS = 150_000_000  # of a picture, from its capture to its arrival; more only while the network stalls
MAX_STALL = 1_000_000_000  # of the network, for which captures keep their spacing
MIN_STALL = 50_000_000  # a pause in the arrivals, beyond what the timestamps say, that is one of the network
CAUGHT_UP = 30_000_000  # lateness at which a stall has ended
STALL_ENDS = 2_000_000_000  # at the latest, after its last pause
LONGEST_PAUSE = 5_000_000_000  # in the arrivals; then everything begins anew
USUAL_STEPS = 15  # between pictures, whose median is the usual one
DOUBTS = 5  # steps more that make no sense than that do: the timestamps are worth nothing, until as many more do
RATES = (0.25, 4.0)  # of our clock against the camera's
WINDOW = 250_000_000  # of arrival time, in which the picture with the least lateness counts ...
WINDOW_PICTURES = 4  # ... of at least so many
SPANS = (2, 4, 8, 20)  # windows over which the two clocks are compared: a large difference shows soon, a small one late
MIN_DIFFERENCE = 5_000_000  # between the clocks over a span, and more than the network's jitter
SLIDE = 0.25  # of a step, by which captures catch up


class LiveClock:
    """Ask for each picture as it comes. All times are nanoseconds; arrivals and captures are of one clock."""

    def __init__(self) -> None:
        self._media: int | None = None  # the newest timestamp
        self._arrival = 0
        self._capture = 0  # of the newest picture

    def capture_ns(self, media_ns: int | None, arrival_ns: int) -> int:
        """When the picture was captured that has just come: never after its arrival, at most ``MAX_LATENESS`` before,
        or ``MAX_STALL`` where the network has stalled. Without ``media_ns`` it has no timestamp."""
        if self._media is None or media_ns is None or arrival_ns - self._arrival > LONGEST_PAUSE:
            self._begin(arrival_ns)
        else:
            self._go_on(media_ns, arrival_ns)
        self._media = media_ns
        self._arrival = arrival_ns
        return self._capture

    def _begin(self, arrival: int) -> None:
        self._capture = max(arrival, self._capture)
        self._place = float(self._capture)  # where the timestamps put the newest picture
        self._supposed: int | None = None  # what the newest timestamp had to be, where it made no sense
        self._steps: deque[int] = deque(maxlen=USUAL_STEPS)  # of the timestamps, believed ones
        self._gaps: deque[int] = deque(maxlen=USUAL_STEPS)  # of the arrivals
        self._doubts, self._worthless = 0, False
        self._rate = 1.0
        self._stall, self._stalled_at = 0, 0
        self._owed = 0.0  # by which captures are too early, and yet to catch up
        self._floors = _Floors(arrival)

    def _go_on(self, media: int, arrival: int) -> None:
        gap = arrival - self._arrival
        self._gaps.append(gap)
        believed = self._believed(media, arrival)
        if believed is None:
            self._steps.clear()
            self._capture, self._place, self._owed = arrival, float(arrival), 0.0
            self._floors = _Floors(arrival)
            return
        move = believed * self._rate
        self._note_stall(gap, move, arrival)
        slid = min(self._owed, SLIDE * move)
        self._owed -= slid
        place = self._place + move + slid
        earliest = arrival - max(MAX_LATENESS, self._stall)
        self._place = min(max(place, float(earliest)), float(arrival))
        self._owed = 0.0 if self._place != place else self._owed
        self._capture = max(self._capture, int(self._place))
        if self._floors.add(believed, arrival, arrival - self._place, is_late=self._stall > 0):
            self._follow()

    def _believed(self, media: int, arrival: int) -> int | None:
        """The camera's own step, or the usual one where it jumped. None: the timestamps are worth nothing."""
        assert self._media is not None
        usual = median(self._steps or self._gaps)
        step = media - self._media
        if self._supposed is not None and usual / 2 <= media - self._supposed <= usual * 2:
            step = media - self._supposed  # only that one was out of place
        lateness = arrival - (self._place + step * self._rate)
        fits = -usual / 2 <= lateness <= max(MAX_LATENESS, self._stall + MIN_STALL)
        is_first = not self._steps and not self._worthless
        makes_sense = step > 0 and (usual / 2 <= step <= usual * 2 or fits or is_first)
        self._doubts = min(max(self._doubts + (-1 if makes_sense else 1), 0), DOUBTS)
        self._worthless = self._doubts > 0 if self._worthless else self._doubts == DOUBTS
        if self._worthless:
            return None
        if makes_sense:
            self._steps.append(step)
            self._supposed = None
            return step
        self._supposed = (self._supposed or self._media) + int(usual)
        return int(usual)

    def _note_stall(self, gap: int, move: float, arrival: int) -> None:
        """A pause that nothing in the timestamps explains lets the pictures behind it be late by as much."""
        pause = gap - move
        if pause > max(MIN_STALL, 2 * move):
            self._stall, self._stalled_at = min(MAX_STALL, self._stall + int(pause)), arrival
        elif arrival - self._place - move < CAUGHT_UP or arrival - self._stalled_at > STALL_ENDS:
            self._stall = 0

    def _follow(self) -> None:
        """At the end of a window: go on at the rate of the arrivals, and let captures that are too early catch up."""
        floors = self._floors
        rate = floors.rate(self._rate)
        if rate is not None:
            self._rate = min(max(rate, RATES[0]), RATES[1])
        self._owed = max(0.0, floors.lateness())


class _Floors:
    """Of each window the picture that came with the least lateness, in which there is least of the network's."""

    def __init__(self, arrival: int) -> None:
        self._began = arrival
        self._count = 0
        self._media = 0  # since the beginning, in the camera's time
        self._best: tuple[float, int, int] | None = None  # lateness, media, arrival
        self._worst = 0.0  # lateness
        self._windows: deque[tuple[float, int, int]] = deque(maxlen=max(SPANS) + 1)
        self._jitters: deque[float] = deque(maxlen=max(SPANS))

    def add(self, step: int, arrival: int, lateness: float, is_late: bool) -> bool:
        """Whether a window has ended. Pictures that a stall holds up are passed over."""
        self._media += step
        if is_late:
            self._began, self._count, self._best, self._worst = arrival, 0, None, 0.0
            return False
        found = (lateness, self._media, arrival)
        # By arrival against media, as captures may have been moved meanwhile.
        if self._best is None or arrival - self._media < self._best[2] - self._best[1]:
            self._best = found
        self._worst = max(self._worst, lateness)
        self._count += 1
        if arrival - self._began < WINDOW or self._count < WINDOW_PICTURES:
            return False
        self._windows.append(self._best)
        self._jitters.append(self._worst - self._best[0])
        self._began, self._count, self._best, self._worst = arrival, 0, None, 0.0
        return True

    def rate(self, now: float) -> float | None:
        """Our time in a second of the camera's, where it is another than ``now``."""
        least = max(MIN_DIFFERENCE, 1.5 * median(self._jitters))
        for span in SPANS:
            if len(self._windows) > span:
                rate, lasted = self._over(span)
                if abs(rate - now) * lasted > least:
                    newest = self._windows[-1]
                    self._windows.clear()
                    self._windows.append(newest)
                    return rate
        return None

    def _over(self, windows: int) -> tuple[float, int]:
        """The rate of late, and the camera's time in which it was that."""
        (_, media, arrival), (_, later, later_arrival) = self._windows[-1 - windows], self._windows[-1]
        lasted = max(1, later - media)
        return (later_arrival - arrival) / lasted, lasted

    def lateness(self) -> float:
        """By which all pictures lately were captured too early."""
        recent = list(self._windows)[-4:]
        return min(window[0] for window in recent)
