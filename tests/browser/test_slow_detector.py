"""Boxes of a detector that looks 0.5 to 5 times a second, and whose results come up to 1.2 s after their frames."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.test_playout_delay import DELAY, show

NewPage = Callable[..., Page]

# Frames 30 times a second, drawings 60 times; a result each `gap` ms up to `to`, each `late` ms after its frame. A pet
# walks `speed` pixels a second and is `found` up to then. Each drawing: when, the match, the pet's left edge or null,
# and whether it is where the results put it.
DRAWINGS = """async ([gap, late, { speed = 0, to = Infinity, found = Infinity }, seconds]) => {
    const { DetectionRing } = await import("/static/lib/detection_ring.js");
    const { Easing } = await import("/static/lib/easing.js");
    const [ring, easing, drawings] = [new DetectionRing(), new Easing(), []];
    const place = (at) => ({ x: (speed * at) / 1000, y: 300, w: 200, h: 100 });
    const box = (at) => ({ class_name: "cat", confidence: 0.9, bbox: place(at) });
    let [looked, rtp] = [0, undefined];
    for (let draw = 0; draw < seconds * 60; draw++) {
        const now = (draw * 1000) / 60;
        for (; looked * gap + late <= now && looked * gap <= to; looked++) {
            const at = looked * gap;
            const result = { detections: at <= found ? [box(at)] : [], frame_number: 0, width: 1280, height: 720 };
            ring.add({ ...result, rtp_timestamp: at * 90 }, now, rtp);
        }
        if (draw % 2 === 0) rtp = Math.round(now * 90);
        const boxes = ring.boxesFor(rtp, now);
        const led = easing.lead(boxes, now, ring.pace.isSlow ? ring.pace.lifetime : 0);
        drawings.push([now, boxes.match, led.length ? led[0].bbox.x : null, led === boxes.detections]);
    }
    return drawings;
}"""

Drawing = tuple[float, str, float | None, bool]


def drawings(modules: Page, gap: float, late: float, seconds: float, **pet: Any) -> list[Drawing]:
    drawn: list[Drawing] = modules.evaluate(DRAWINGS, [gap, late, pet, seconds])
    return [drawing for drawing in drawn if drawing[0] > gap + late]  # until then nobody knows how slow it is


def steps(drawn: list[Drawing]) -> list[float]:
    """How far the box is from where it was in the drawing before."""
    places = [x for _, _, x, _ in drawn]
    assert None not in places
    return [abs(after - before) for before, after in zip(places, places[1:], strict=False)]  # type: ignore[operator]


SLOW = [(gap, late) for gap in (200, 500, 1000, 2000) for late in (50, 700, 1200)]


@pytest.mark.parametrize(("gap", "late"), SLOW)
def test_the_box_of_a_still_pet_is_there_all_the_time(modules: Page, gap: float, late: float) -> None:
    drawn = drawings(modules, gap, late, 12)
    assert {x for _, _, x, _ in drawn} == {0}
    assert {match for _, match, _, _ in drawn[10:]} <= {"exact", "moved"}


@pytest.mark.parametrize(("gap", "late"), SLOW)
def test_a_box_is_gone_with_the_first_empty_result(modules: Page, gap: float, late: float) -> None:
    drawn = drawings(modules, gap, late, 12, found=4000)
    told = min(at for at in range(0, 12_000, int(gap)) if at > 4000) + late
    assert all((x is None) == (now >= told) for now, _, x, _ in drawn)


@pytest.mark.parametrize(
    ("gap", "stays"), [(33, 500), (100, 500), (200, 500), (500, 1250), (1000, 2500), (2000, 3000), (4000, 3000)]
)
def test_a_box_is_gone_once_no_results_come_for_longer_than_the_detector_usually_takes(
    modules: Page, gap: float, stays: float
) -> None:
    drawn = drawings(modules, gap, 40, 16, to=8100)
    last = 8100 // gap * gap + 40
    assert {x is None for now, _, x, _ in drawn if now - last >= stays} == {True}
    seen = [now for now, _, x, _ in drawn if x is not None]
    assert seen[-1] > last + stays - 75  # the frame's own age counts too


@pytest.mark.parametrize(("gap", "late"), SLOW)
def test_a_walking_pets_box_goes_on_for_half_a_second_at_most_and_never_jumps(
    modules: Page, gap: float, late: float
) -> None:
    drawn = [drawing for drawing in drawings(modules, gap, late, 14, speed=120) if drawing[0] > 3 * gap + late]
    furthest = max(steps(drawn))
    assert furthest <= 4.1 + 0.126 * 120 * (gap + late) / 1000  # a frame's way, and the steepest part of the easing
    for now, _, x, led_there in drawn:
        if led_there and x is not None:
            known = (now - late) // gap * gap  # when the pet was looked at of which the result is there
            on = min((now - known) / 1000, 0.5) * 120
            assert x == pytest.approx(known * 0.12 + on, abs=4.1)


def test_a_pet_that_has_left_where_it_was_is_the_same_pet(modules: Page) -> None:
    drawn = drawings(modules, 1000, 700, 12, speed=300)[120:]
    assert max(steps(drawn)) <= 70  # of 300 that lie between two results
    assert {match for _, match, _, _ in drawn} <= {"moved"}


@pytest.mark.parametrize(("gap", "late"), [(1000 / 30, 40), (1000 / 30, 150), (100, 0), (100, 150)])
def test_the_boxes_of_a_fast_detector_are_led_nowhere(modules: Page, gap: float, late: float) -> None:
    drawn = drawings(modules, gap, late, 6, speed=120)
    assert all(led_there for _, _, _, led_there in drawn)


def test_a_pet_of_the_past_goes_on_its_way_between_results_that_are_far_apart(modules: Page) -> None:
    found = modules.evaluate(
        """async (gaps) => {
            const { DetectionRing } = await import("/static/lib/detection_ring.js");
            return gaps.map((gap) => {
                const ring = new DetectionRing();
                for (const at of [0, gap]) {
                    const bbox = { x: at / 10, y: 300, w: 200, h: 100 };
                    const result = { detections: [{ class_name: "cat", confidence: 0.9, bbox }], frame_number: 0 };
                    ring.add({ ...result, rtp_timestamp: at * 90, width: 1280, height: 720 }, 0);
                }
                const { match, detections } = ring.boxesFor((gap / 2) * 90, 60_000, true);
                return [match, detections.map(({ bbox }) => bbox.x)];
            });
        }""",
        [400, 3000, 3002],
    )
    assert found == [["interpolated", [20]], ["interpolated", [150]], ["moved", [0]]]


@pytest.mark.parametrize(
    ("late", "every"), [(700, 30), (120, 6), (50, 6), (1200, 6), (600, 1), (0, 15)], ids=lambda value: str(value)
)
def test_no_picture_waits_for_a_slow_detector(modules: Page, late: float, every: int) -> None:
    events = show(300, lambda i: late, every=every)
    assert modules.evaluate(DELAY, [events, 0, 0, events[-1][2]])[0] is None


def test_pictures_go_on_waiting_where_a_fast_detector_pauses_for_a_second(modules: Page) -> None:
    events = [event for event in show(130, lambda i: 40) if event[0] == "presented" or not 40 < event[1] / 3000 < 70]
    assert modules.evaluate(DELAY, [events, 0, 0, events[-1][2]])[0] is not None


def test_pictures_wait_for_a_detector_that_looks_at_each_of_few(modules: Page) -> None:
    events = [(kind, 6 * rtp, 6 * at if kind == "presented" else 6 * (at - 40) + 40) for kind, rtp, at in
              show(60, lambda i: 40)]  # fmt: skip
    assert modules.evaluate(DELAY, [events, 0, 0, events[-1][2]])[0] == 40


# The page of a detector that is as slow as told, and finds what `window.finds` makes of the time: each nth result is
# let through, so many milliseconds late.
SLOW_IN = """({ every, late }) => {
    const Source = EventSource;
    let count = 0;
    window.came = 0;
    window.finds = () => [{ class_name: "cat", confidence: 0.9, bbox: { x: 400, y: 300, w: 200, h: 100 } }];
    window.EventSource = class extends Source {
        addEventListener(name, handler) {
            super.addEventListener(name, name !== "message" ? handler : ({ data }) => {
                if (count++ % every || window.deaf) return;
                const result = JSON.parse(data);
                const detections = window.finds(result.rtp_timestamp / 90);
                setTimeout(() => {
                    window.came += 1;
                    window.newest = { came: performance.now(), of: result.rtp_timestamp / 90 };
                    handler({ data: JSON.stringify({ ...result, detections }) });
                }, late);
            });
        }
    };
}"""
# What is drawn from now on: when, the box's left edge, on the frame of which time, by the result of which; how long
# after the newest result had come, and how much later than that one's the frame is.
RECORD = """() => {
    window.drawn = [];
    const clock = performance.now.bind(performance);
    performance.now = () => (window.asked = clock()); // a draw asks once: the machine may be busy between that and here
    petcam.overlay.addEventListener("draw", () => {
        const { detections, rtpTimestamp, resultTimestamp } = petcam.overlay.state;
        const x = detections.length ? detections[0].bbox.x : null;
        const [now, frame] = [asked, rtpTimestamp / 90];
        drawn.push([now, x, frame, resultTimestamp / 90, now - newest.came, frame - newest.of]);
    });
    const since = came;
    window.hasCome = (results) => came >= since + results;
}"""


def opened(system: DemoSystem, page: Page, every: int = 30, late: int = 700) -> Page:
    page.add_init_script(f"({SLOW_IN})({{ every: {every}, late: {late} }})")
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate(PETCAM)
    page.wait_for_function("() => came >= 3 && petcam.overlay.state.detections.length")
    return page


def recorded(page: Page, results: int) -> list[Any]:
    page.evaluate(RECORD)
    page.wait_for_function(f"() => hasCome({results})")
    drawn: list[Any] = page.evaluate("drawn")
    return drawn


@pytest.mark.parametrize(("every", "late"), [(30, 700), (6, 120), (6, 1200)])
def test_on_the_page_a_box_stays_between_results_and_goes_with_an_empty_one(
    system: DemoSystem, new_page: NewPage, every: int, late: int
) -> None:
    page = opened(system, new_page(), every, late)
    drawn = recorded(page, 120 // every)
    gap = every * 1000 / 30  # what is drawn while the machine is held up for longer does not count
    in_time = [x for _, x, _, _, age, behind in drawn if age < 2 * gap and behind < late + 1.5 * gap]
    assert len(in_time) > 20 and set(in_time) == {400}
    assert page.evaluate("petcam.overlay.delay.told") == 0  # the picture is not held back
    page.evaluate("window.finds = () => []")
    page.wait_for_function("() => !petcam.overlay.state.detections.length && petcam.overlay.state.match !== 'none'")


WALKS = """
    window.first = 0;
    window.finds = (at) => {
        first ||= at;
        return [{ class_name: "cat", confidence: 0.9, bbox: { x: (at - first) * 0.15, y: 300, w: 200, h: 100 } }];
    };
    window.since = came;
"""
PACE = 0.15  # pixels in a millisecond, of the pet


def away(page: Page, drawn: list[Any]) -> list[float]:
    """How far each box is from where its result puts it: where the pet was then, and on its way for half a second."""
    first = page.evaluate("first")
    return [x - PACE * (result - first + min(frame - result, 500)) for _, x, frame, result, *_ in drawn]


def test_on_the_page_a_box_is_led_to_where_a_late_result_puts_it(system: DemoSystem, new_page: NewPage) -> None:
    page = opened(system, new_page())
    page.evaluate(WALKS)
    page.wait_for_function("() => came >= since + 3")
    drawn = recorded(page, 3)
    assert drawn[-1][1] > drawn[0][1] + 200
    for (before, x, frame, *_), (now, later_x, later_frame, *_) in zip(drawn, drawn[1:], strict=False):
        led = 1.5 * 300 * (now - before) / 200  # two seconds' way within 200 ms, as steep as it gets
        assert abs(later_x - x) < 5 + PACE * (later_frame - frame) + led, drawn
    assert min(away(page, drawn)) < -10  # it is not there at once


def test_a_box_is_led_on_a_picture_that_stands_still_too(system: DemoSystem, new_page: NewPage) -> None:
    page = opened(system, new_page())
    page.evaluate(WALKS)
    page.wait_for_function("() => came >= since + 3")
    page.evaluate("petcam.fallback.close()")
    page.evaluate("window.since = came")
    page.evaluate(RECORD)
    page.wait_for_function("() => drawn.length > came - since + 5")  # more than once with each result


def test_a_box_vanishes_from_a_picture_that_stands_still_too(system: DemoSystem, new_page: NewPage) -> None:
    page = opened(system, new_page())
    page.evaluate("petcam.fallback.close(); window.deaf = true; window.since = came")
    page.wait_for_function("() => petcam.overlay.state.match === 'none'")
    assert page.evaluate("came - since") < 2  # which was on its way


def test_where_the_viewer_wants_no_motion_boxes_are_not_led(system: DemoSystem, new_page: NewPage) -> None:
    page = opened(system, new_page(reduced_motion="reduce"))
    page.evaluate(WALKS)
    page.wait_for_function("() => came >= since + 3")
    drawn = recorded(page, 3)
    assert away(page, drawn) == pytest.approx([0] * len(drawn), abs=1)


def test_the_figures_say_how_far_boxes_are_behind(system: DemoSystem, new_page: NewPage) -> None:
    page = opened(system, new_page())
    page.keyboard.press("i")
    page.get_by_text("映像より約 1").wait_for()  # 0.7 s late, and up to a second old when the next comes
