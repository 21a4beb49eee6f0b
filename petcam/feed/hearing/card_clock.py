"""When each sample was captured, by a clock of a sound card's own and by ours: docs/feeding.md, "When a sound was
captured"."""

MEMORY = 250  # observations (10 s of a card's) that count; a shorter past is noise, a longer one lags behind warmth
DOUBTFUL = 20  # observations more, by which the rate is learned later than the place: the first say little of it
MAX_OFF = 0.02  # of the rate that is said; no card is further from it
MAX_ERROR_NS = 40_000_000  # of an observation: beyond it, it is one of a machine that was busy, or samples are missing
ERRORS = 3  # in a row that are samples missing


class CardClock:
    """A line through observations (number of a sample, nanoseconds), whose older ones count ever less.

    Samples are never stretched: what a card's clock is off goes into what :meth:`time_ns` says.
    """

    def __init__(self, rate: int) -> None:
        self._nominal_ns = 1e9 / rate
        self._step_ns = self._nominal_ns  # of one sample
        self._origin_ns: int | None = None  # floats have no room for nanoseconds since boot
        self._index, self._place_ns = 0, 0.0  # of the newest observation, where the line puts it
        self._count = 0
        self._errors = 0  # in a row

    def observe(self, index: int, at_ns: int) -> bool:
        """Sample ``index`` was captured at ``at_ns``, as far as one knows. False: samples are missing, or there are too
        many, and all has to begin anew."""
        if self._origin_ns is None:
            self._origin_ns, self._index, self._count = at_ns, index, 1
            return True
        passed = index - self._index
        if passed <= 0:
            return True
        error = at_ns - self._origin_ns - (self._place_ns + passed * self._step_ns)
        if abs(error) > MAX_ERROR_NS:
            self._errors += 1
            return self._errors < ERRORS
        self._errors = 0
        self._learn(index, passed, error)
        return True

    def _learn(self, index: int, passed: int, error: float) -> None:
        """Least squares in recursion: of the first n observations exactly, later with a memory of ``MEMORY``."""
        self._count = n = min(self._count + 1, MEMORY)
        doubtful = n + DOUBTFUL
        self._place_ns += passed * self._step_ns + error * 2 * (2 * n - 1) / (n * (n + 1))
        self._step_ns += error / passed * 6 / (doubtful * (doubtful + 1))
        off = self._nominal_ns * MAX_OFF
        self._step_ns = min(max(self._step_ns, self._nominal_ns - off), self._nominal_ns + off)
        self._index = index

    def time_ns(self, index: float) -> int:
        """When sample ``index`` was captured; it may lie between samples. To be asked behind an observation."""
        assert self._origin_ns is not None
        return self._origin_ns + round(self._place_ns + (index - self._index) * self._step_ns)

    @property
    def parts_per_million(self) -> float:
        """By which the card is fast."""
        return (self._nominal_ns / self._step_ns - 1) * 1e6
