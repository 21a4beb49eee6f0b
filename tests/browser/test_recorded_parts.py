"""The boxes of a recording as they come from the server, part by part: what is asked for, and what it means."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

SECOND = 90_000  # ticks
CAT = ["cat", 0.9, 100, 100, 50, 50]
# Boxes that get the answers of the test in their order, the last one again and again; what they ask for is in `asked`.
MAKE = """async ([answers, isGrowing]) => {
    const { RecordedBoxes } = await import("/static/recordings/recorded_boxes.js");
    window.asked = [];
    window.fetch = async (url) => {
        const { searchParams } = new URL(url, location.href);
        asked.push(Number(searchParams.get("from")));
        const { status = 200, ...part } = answers.length > 1 ? answers.shift() : answers[0];
        const answer = { timescale: 90000, width: 1280, height: 720, frames: [], ...part };
        return new Response(JSON.stringify(answer), { status });
    };
    window.growing = isGrowing;
    window.boxes = new RecordedBoxes("petcam_20261123-201500.mp4", () => growing);
    window.settle = async () => {
        for (let i = 0; i < 10; i++) await new Response("").text(); // as an answer is read
    };
    window.follow = async (seconds) => {
        boxes.follow(Math.round(seconds * 90000));
        await settle();
    };
}"""


@pytest.fixture
def page(still: Page) -> Page:
    return still


def follow(page: Page, seconds: float) -> list[float]:
    """What is asked for when that is shown."""
    page.evaluate("asked.length = 0")
    page.evaluate("seconds => boxes.follow(Math.round(seconds * 90000))", seconds)
    return waited(page, 0)


def waited(page: Page, milliseconds: int) -> list[float]:
    """What is asked for in that time, and what was before."""
    page.clock.run_for(milliseconds)
    page.evaluate("settle()")
    return [float(begin) for begin in page.evaluate("asked")]


def times(page: Page) -> list[tuple[int, int]]:
    """When each result was, in ticks, and how many boxes it has."""
    found = page.evaluate("boxes.results.map((each) => [each.rtp_timestamp, each.detections.length])")
    return [(time, count) for time, count in found]


def make(page: Page, *answers: dict[str, Any], grows: bool = False) -> None:
    page.evaluate(MAKE, [list(answers), grows])


def test_a_recording_is_asked_for_further_before_what_is_there_has_been_shown(page: Page) -> None:
    make(page, {})
    assert [follow(page, at) for at in (0, 5, 9.9, 10.1, 29, 30.1)] == [[0], [], [], [20], [], [40]]


def test_behind_a_jump_it_is_asked_for_from_a_little_before_that_place(page: Page) -> None:
    make(page, {})
    assert [follow(page, at) for at in (0, 100, 96, 94.9, 300)] == [[0], [95], [], [89.9], [295]]


def test_what_an_answer_had_no_room_for_is_asked_for_next(page: Page) -> None:
    make(page, {"frames": [[0, [CAT]]], "more": 3 * SECOND}, {"frames": [[3 * SECOND, [CAT]]]})
    assert follow(page, 0) == [0, 3]
    assert times(page) == [(0, 1), (3 * SECOND, 1)]


def test_what_was_shown_long_ago_is_forgotten(page: Page) -> None:
    answers = [{"frames": [[i * 20 * SECOND + second * SECOND, [CAT]] for second in range(20)]} for i in range(40)]
    make(page, *answers)
    for second in range(700):
        page.evaluate("second => follow(second)", second)
    kept = times(page)
    assert kept[0][0] >= (699 - 30) * SECOND
    assert len(kept) <= 60


def test_one_that_grows_is_asked_again_each_second_from_its_newest_result_on(page: Page) -> None:
    make(page, {"frames": [[SECOND, [CAT]]]}, {"frames": [[2 * SECOND, [CAT]]]}, {}, grows=True)
    assert follow(page, 1) == [0]
    assert waited(page, 900) == [0]
    assert [round(begin, 3) for begin in waited(page, 200)] == [0, 1]
    assert times(page) == [(SECOND, 1), (2 * SECOND, 1)]
    for _ in range(20):
        waited(page, 1100)
    tries = len(waited(page, 0))
    assert 3 < tries < 12  # nobody looks on: no more is asked for
    assert follow(page, 1) == []
    assert [round(begin, 3) for begin in follow(page, 1.1)] == [2]


def test_a_jump_is_asked_for_at_once_whatever_was_waited_for(page: Page) -> None:
    make(page, {}, grows=True)
    assert [follow(page, at) for at in (0, 100, 50)] == [[0], [95], [45]]
    page.evaluate("() => { boxes.follow(200 * 90000); boxes.follow(300 * 90000); }")
    assert waited(page, 0) == [45, 195, 295]
    assert times(page) == []


def test_a_recording_that_is_not_found_is_asked_for_some_times_only(page: Page) -> None:
    make(page, {"status": 404, "error": "Not found"})
    for frame in range(30):
        page.evaluate("seconds => follow(seconds)", frame / 30)
        waited(page, 1100)
    assert waited(page, 0) == [0] * 6


def test_a_server_that_is_away_is_asked_again(page: Page) -> None:
    make(page, {"status": 503}, {"status": 503}, {"frames": [[0, [CAT]]]})
    follow(page, 0)
    for _ in range(3):
        waited(page, 1100)
    assert times(page) == [(0, 1)]


def test_where_the_file_leaves_out_results_without_a_pet_there_were_some(page: Page) -> None:
    """Else a box would lie half the way to the next one, where the detector looked and found nothing."""
    frames = [[0, [CAT]], [3000, [CAT]], [6000, []], [SECOND, [CAT]], [SECOND + 3000, [CAT]]]
    make(page, {"frames": frames})
    follow(page, 0)
    assert times(page) == [(0, 1), (3000, 1), (6000, 0), (SECOND - 3000, 0), (SECOND, 1), (SECOND + 3000, 1)]


def test_times_beyond_13_hours_are_those_of_the_ring(page: Page) -> None:
    at = 14 * 3600 * SECOND
    make(page, {"frames": [[at, [CAT]]]})
    follow(page, 14 * 3600)
    assert times(page) == [(at % 2**32, 1)]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        pytest.param(0.99, 89_100, id="nothing before the first result"),
        pytest.param(1.02, SECOND, id="the frame of the newest result, of a detector that looks at each"),
        pytest.param(1.2, 108_000, id="the moment itself, between results that are far apart"),
    ],
)
def test_a_browser_that_does_not_tell_the_frame_gets_the_newest_results(page: Page, seconds: float, ticks: int) -> None:
    make(page, {"frames": [[SECOND, [CAT]], [SECOND + 3000, [CAT]], [2 * SECOND, [CAT]]]})
    follow(page, 0)
    assert page.evaluate("seconds => boxes.timeOf(seconds)", seconds) == ticks, json.dumps(times(page))
