"""The log: one line a message, and so many of them."""

import io
import logging

import pytest

from petcam.system import logs


@pytest.fixture
def clock():
    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def log(clock):
    """A logger of its own; ``log.stream`` is what it has written."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logs.OneLine(logs.FORMAT))
    handler.addFilter(logs.LineLimit(clock))
    logger = logging.Logger("petcam.test")
    logger.addHandler(handler)
    logger.lines = lambda: handler.stream.getvalue().splitlines()
    return logger


@pytest.mark.parametrize(
    "sent",
    ["/x\nWARNING petcam: forged", "a\rb", "\x1b[2Jc", "\u2028", "\x85", "\u202eevil", "\ud800", "\x00"],
    ids=ascii,
)
def test_what_a_client_sent_stays_in_its_line(log, sent):
    log.warning("GET %s", sent)
    (line,) = log.lines()
    assert line.isprintable()
    assert line.startswith("WARNING petcam.test: GET ")


def test_words_in_any_language_stay_readable(log):
    log.info("居間 %s", "🐈")
    assert log.lines() == ["INFO petcam.test: 居間 🐈"]


def test_a_long_message_is_cut(log):
    log.info("%s", 100_000 * "x")
    assert len(log.lines()[0]) < logs.MAX_MESSAGE_CHARACTERS + 50


def test_a_traceback_keeps_its_lines_and_its_end(log):
    try:
        raise ValueError(100_000 * "x" + "\nthe end")
    except ValueError:
        log.exception("failed")
    lines = log.lines()
    assert lines[0] == "ERROR petcam.test: failed"
    assert lines[-1] == "the end"
    assert sum(map(len, lines)) < logs.MAX_TRACEBACK_CHARACTERS + 100


def test_one_place_that_floods_is_limited_and_the_others_are_not(log, clock):
    for number in range(10_000):
        log.info("flood %d", number)
    log.info("something else")
    assert len(log.lines()) == logs.LINES_OF_PLACE + 1
    assert log.lines()[-1].endswith("something else")


def test_the_next_line_says_how_many_were_left_out(log, clock):
    for number in range(1000):
        if number == 999:
            clock.now += logs.SECONDS_PER_LINE_OF_PLACE
        log.info("flood %d", number)
    assert log.lines()[-1] == f"INFO petcam.test: ({999 - logs.LINES_OF_PLACE} like this left out) flood 999"


def test_all_places_together_are_limited(log, clock):
    for number in range(logs.LINES):
        exec(compile(f"{number * chr(10)}log.info('place')", "made up", "exec"), {"log": log})
    for number in range(50):
        exec(compile(f"{number * chr(10)}log.info('place')", "others", "exec"), {"log": log})
    assert len(log.lines()) == logs.LINES
    clock.now += 10 * logs.SECONDS_PER_LINE
    exec(compile("log.info('later')", "yet another", "exec"), {"log": log})
    assert log.lines()[-1].endswith("later")


def test_of_many_tracebacks_few_are_written_and_the_rest_in_one_line_each(log, clock):
    for number in range(logs.LINES_OF_PLACE):
        try:
            raise ValueError(f"number\n{number}")
        except ValueError:
            log.exception("failed")
    text = log.lines()
    assert sum(line.startswith("Traceback") for line in text) == logs.TRACEBACKS
    assert text[-1] == "ERROR petcam.test: failed (ValueError('number\\n49'); traceback left out)"
    clock.now += logs.SECONDS_PER_TRACEBACK
    log.error("again", exc_info=ValueError("x"))
    assert log.lines()[-1] == "ValueError: x"


def test_a_flood_of_the_worst_lines_stays_within_the_bytes_that_are_promised(log, clock):
    def flood(seconds):
        before = len("\n".join(log.lines()))
        for _ in range(seconds):
            clock.now += 1
            for number in range(5):
                code = f"{number * chr(10)}log.error('%s', 5000 * 'x', exc_info=ValueError(100_000 * 'y'))"
                exec(compile(code, "made up", "exec"), {"log": log})
        return len("\n".join(log.lines())) - before

    assert flood(1) < 200_000
    flood(60)
    assert flood(120) < 120 * 1000
