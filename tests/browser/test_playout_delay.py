"""Boxes on the very frame: pictures wait for the detector, boxes go on between its results and beyond them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
FRAME = 3000  # RTP ticks at 30 frames a second

INTERPOLATION = """async ([how, before, after, part]) => {
    const interpolation = await import("/static/lib/interpolation.js");
    const rows = interpolation[how](before, after, part);
    return rows.map(({ class_name, bbox: { x, y, w, h } }) => [class_name, x, y, w, h]);
}"""


def result(*boxes: tuple[str, float, float, float, float], width: int = 1280) -> dict[str, Any]:
    rows = [
        {"class_name": name, "confidence": 0.9, "bbox": {"x": x, "y": y, "w": w, "h": h}} for name, x, y, w, h in boxes
    ]
    return {"detections": rows, "width": width, "height": 720}


CAT, CAT_LATER = ("cat", 100, 50, 40, 20), ("cat", 110, 50, 50, 20)


@pytest.mark.parametrize(
    ("before", "after", "part", "wanted"),
    [
        pytest.param([CAT], [CAT_LATER], 0.5, [["cat", 105, 50, 45, 20]], id="it is on its way"),
        pytest.param([CAT], [("dog", *CAT[1:])], 0.4, [["cat", 100, 50, 40, 20]], id="another class is another animal"),
        pytest.param([CAT], [("cat", 400, 50, 40, 20)], 0.6, [["cat", 400, 50, 40, 20]], id="so is one far away"),
        pytest.param([CAT], [], 0.4, [list(CAT)], id="who leaves is there for half of the way"),
        pytest.param([CAT], [], 0.6, [], id="and not longer"),
        pytest.param([], [CAT], 0.4, [], id="who comes is not there at first"),
        pytest.param([], [CAT], 0.6, [list(CAT)], id="but for the second half"),
        pytest.param(
            [CAT, ("cat", 120, 50, 40, 20)],
            [("cat", 122, 50, 40, 20), ("cat", 102, 50, 40, 20)],
            0.5,
            [["cat", 101, 50, 40, 20], ["cat", 121, 50, 40, 20]],
            id="two of a class stay apart",
        ),
    ],
)
def test_boxes_between_two_results(
    modules: Page, before: list[Any], after: list[Any], part: float, wanted: list[Any]
) -> None:
    found = modules.evaluate(INTERPOLATION, ["interpolate", result(*before), result(*after), part])
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(
    ("before", "newest", "part", "wanted"),
    [
        pytest.param(result(CAT), result(CAT_LATER), 2, [["cat", 130, 50, 70, 20]], id="each edge goes on its way"),
        pytest.param(result(CAT_LATER), result(CAT), 6, [["cat", 40, 50, 0, 20]], id="never to less than nothing"),
        pytest.param(None, result(CAT), 2, [list(CAT)], id="nobody knows its way: it stands still"),
        pytest.param(result(), result(CAT), 2, [list(CAT)], id="it has just come: it stands still"),
        pytest.param(result(CAT), result(), 2, [], id="it has left"),
        pytest.param(result(CAT, width=640), result(CAT_LATER), 2, [list(CAT_LATER)], id="measured in other pixels"),
    ],
)
def test_boxes_beyond_the_newest_result(
    modules: Page, before: Any, newest: Any, part: float, wanted: list[Any]
) -> None:
    assert modules.evaluate(INTERPOLATION, ["extrapolate", before, newest, part]) == wanted


# Presents and hears what `events` says, [kind, RTP timestamp, milliseconds]; the browser tells that each frame waited
# for so long, or does not tell it (null) but was told so.
DELAY = """async ([events, held, told, now]) => {
    const { DetectorDelay } = await import("/static/lib/detector_delay.js");
    const delay = new DetectorDelay();
    delay.told = told;
    for (const [kind, timestamp, at] of events) delay[kind](timestamp >>> 0, at, held === null ? undefined : at - held);
    return [delay.p95(now) ?? null, delay.held(now) ?? null];
}"""


def show(frames: int, late: Callable[[int], float], every: int = 1, first: int = 0) -> list[tuple[str, int, float]]:
    """Frames presented each 33 ms; the result of every nth comes ``late(number)`` ms after its frame was presented."""
    events = [("presented", first + FRAME * i, 33.0 * i) for i in range(frames)]
    events += [("arrived", first + FRAME * i, 33.0 * i + late(i)) for i in range(0, frames, every)]
    return sorted(events, key=lambda event: event[2])


@pytest.mark.parametrize(
    ("events", "held", "wanted"),
    [
        pytest.param(show(60, lambda i: 40), 0, 40, id="how late results are"),
        pytest.param(show(60, lambda i: -10), 50, 40, id="what is held back already is needed too"),
        pytest.param(show(100, lambda i: 60 if i % 10 == 0 else 40), 0, 60, id="all but the worst twentieth count"),
        pytest.param(show(100, lambda i: 300 if i == 50 else 40), 0, 40, id="not the worst"),
        pytest.param(show(90, lambda i: 40, every=3), 0, 106, id="frames in between wait for the next result"),
        pytest.param(show(60, lambda i: 40, first=2**32 - 30 * FRAME), 0, 40, id="across the wrap-around"),
        pytest.param(show(5, lambda i: 40), 0, None, id="nothing is known after a few frames"),
        pytest.param(show(300, lambda i: 40, every=60), 0, None, id="no picture waits for a detector that slow"),
        pytest.param([], 0, None, id="nor is anything without results"),
    ],
)
def test_how_long_pictures_have_to_wait(modules: Page, events: list[Any], held: float, wanted: float | None) -> None:
    now = events[-1][2] if events else 0
    assert modules.evaluate(DELAY, [events, held, 400, now])[0] == wanted
    assert modules.evaluate(DELAY, [events, None, held, now])[0] == wanted


def test_how_long_pictures_have_just_waited(modules: Page) -> None:
    events = show(60, lambda i: 40)
    now = events[-1][2]
    assert modules.evaluate(DELAY, [events, 70, 400, now])[1] == 70
    assert modules.evaluate(DELAY, [events, None, 80, now])[1] == 80
    assert modules.evaluate(DELAY, [events, 70, 400, now + 300])[1] is None


def test_what_was_measured_long_ago_is_forgotten(modules: Page) -> None:
    events = show(60, lambda i: 40)
    assert modules.evaluate(DELAY, [events, 0, 0, events[-1][2] + 5000])[0] is None


# Follows for a minute a browser that has pictures wait `less` milliseconds less than it was told two ticks ago.
FOLLOW = """async ([need, choice, less]) => {
    const { PlayoutDelay } = await import("/static/live/playout_delay.js");
    const told = [];
    const client = Object.assign(new EventTarget(), { setPlayoutDelay() {} });
    const choices = Object.assign(new EventTarget(), { get: () => choice });
    const delay = {
        told: 0, clear() {}, p95: () => need ?? undefined,
        held: () => less === null ? undefined : Math.max(0, (told.at(-3) ?? 0) - less),
    };
    const playoutDelay = new PlayoutDelay(client, delay, choices);
    let follow;
    const { setInterval } = window;
    window.setInterval = (callback) => ((follow = callback), 0);
    playoutDelay.start();
    window.setInterval = setInterval;
    for (let ticks = 0; ticks < 300; ticks++) told.push(delay.told), follow();
    playoutDelay.close();
    return told;
}"""


@pytest.mark.parametrize("less", [0, 30, 200])
@pytest.mark.parametrize(
    ("need", "choice", "wanted"),
    [
        pytest.param(40, "exact", 56, id="the delay and a little more"),
        pytest.param(400, "exact", 150, id="never longer than 150 ms"),
        pytest.param(-20, "exact", 0, id="not at all where boxes are in time"),
        pytest.param(None, "exact", 0, id="not without a detector"),
        pytest.param(40, "fastest", 0, id="not where the viewer wants the least delay"),
    ],
)
def test_pictures_wait_as_long_as_boxes_need(
    modules: Page, need: float | None, choice: str, wanted: float, less: float
) -> None:
    told = modules.evaluate(FOLLOW, [need, choice, less])
    assert told[0] == 0
    assert told[-1] == pytest.approx(wanted + less if wanted else 0, abs=1)
    assert all(-8 <= later - earlier <= 20 for earlier, later in zip(told, told[1:], strict=False))
    assert max(told) <= wanted + less + 30


def test_a_browser_that_heeds_nothing_is_not_told_ever_more(modules: Page) -> None:
    assert modules.evaluate(FOLLOW, [100, "exact", 1000])[-1] == 400
    assert modules.evaluate(FOLLOW, [100, "exact", None])[-1] == 0  # it shows nothing at the moment


# What the page says of each frame from now on, of so many frames.
MATCHES = """(count) => new Promise((seen) => {
    const frames = new Map();
    petcam.overlay.addEventListener("draw", function look() {
        const { rtpTimestamp, match } = petcam.overlay.state;
        if (rtpTimestamp === undefined || frames.has(rtpTimestamp)) return;
        frames.set(rtpTimestamp, match);
        if (frames.size < count) return;
        petcam.overlay.removeEventListener("draw", look);
        seen([...frames.values()]);
    });
})"""


@pytest.fixture(scope="module")
def slow_detector(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    """Looks at every third frame, and is 60 ms late."""
    directory = tmp_path_factory.mktemp("slow")
    with DemoSystem(directory, "--detector-delay-ms", "60", "--detector-every", "3") as running:
        yield running


def opened(system: DemoSystem, page: Page, choice: str) -> Page:
    page.add_init_script(f"localStorage.setItem('petcam.boxes', '{choice}')")
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate(PETCAM)
    return page


def test_pictures_are_held_back_until_their_boxes_are_there(slow_detector: DemoSystem, new_page: NewPage) -> None:
    page = opened(slow_detector, new_page(), "exact")
    page.wait_for_function("() => petcam.overlay.delay.held(performance.now()) > 100")
    page.wait_for_function("() => petcam.overlay.state.match === 'interpolated'")
    page.wait_for_function("() => petcam.overlay.state.match === 'exact'")


def test_nothing_is_held_back_where_the_viewer_wants_the_least_delay(
    slow_detector: DemoSystem, new_page: NewPage
) -> None:
    page = opened(slow_detector, new_page(), "fastest")
    page.wait_for_function("() => petcam.overlay.delay.p95(performance.now()) > 50")  # it would know how long
    matches = page.evaluate(MATCHES, 30)
    assert page.evaluate("petcam.overlay.delay.told") == 0
    assert matches.count("moved") > 15, matches


def test_a_box_that_is_moved_on_goes_the_pets_way(slow_detector: DemoSystem, new_page: NewPage) -> None:
    page = opened(slow_detector, new_page(), "fastest")
    page.wait_for_function(
        """() => {
            const { match, detections, rtpTimestamp, resultTimestamp } = petcam.overlay.state;
            const moved = match === "moved" && detections.length && rtpTimestamp !== resultTimestamp;
            if (moved && window.last && window.last.resultTimestamp === resultTimestamp &&
                window.last.rtpTimestamp !== rtpTimestamp && window.last.x !== detections[0].bbox.x) return true;
            window.last = moved ? { resultTimestamp, rtpTimestamp, x: detections[0].bbox.x } : window.last;
            return false;
        }"""
    )


OFFERS = """
window.offers = [];
const ask = window.fetch;
window.fetch = (url, options) => {
    if (String(url).includes("/webrtc/offer")) window.offers.push(JSON.parse(options.body).sdp);
    return ask(url, options);
};
"""


def test_the_call_is_made_anew_where_the_viewer_chooses_otherwise(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(OFFERS)
    page = opened(system, page, "exact")
    page.wait_for_selector("#choices:enabled").click()
    page.get_by_label("遅れを最小に").check()
    page.wait_for_function("() => offers.length === 2 && petcam.client.state === 'live'")
    held = [line in offer for offer in page.evaluate("offers") for line in ("a=x-petcam-hold-back\r\n",)]
    assert held == [True, False]


def test_a_browser_that_cannot_hold_pictures_back_neither_asks_for_it_nor_offers_it(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script(OFFERS)
    page.add_init_script(
        """for (const name of ["jitterBufferTarget", "playoutDelayHint"]) delete RTCRtpReceiver.prototype[name];"""
    )
    page = opened(system, page, "exact")
    page.wait_for_selector("#choices:enabled").click()
    expect(page.get_by_label("写真にも入れる")).to_be_visible()
    expect(page.get_by_role("group", name="映像の方式")).to_have_count(0 if system.server == "go" else 1)
    assert page.locator("[name=boxes]:visible").count() == 0
    assert ["x-petcam-hold-back" in offer for offer in page.evaluate("offers")] == [False]


def test_what_is_no_picture_is_not_called_live(modules: Page) -> None:
    called = modules.evaluate(
        """async () => {
            const { eachFrame } = await import("/static/lib/frames.js");
            const canvas = document.createElement("canvas");
            const video = document.createElement("video");
            Object.assign(video, { muted: true, srcObject: canvas.captureStream() });
            document.body.append(video);
            let called = [];
            eachFrame(video, () => called.push(video.videoWidth));
            const presented = () => new Promise((done) => video.requestVideoFrameCallback(done));
            for (const side of [2, 64]) {
                Object.assign(canvas, { width: side, height: side });
                const context = canvas.getContext("2d");
                let drawing = setInterval(() => context.fillRect(0, 0, Math.random() * side, side), 20);
                video.play();
                while (video.videoWidth !== side) await presented();
                await presented();
                clearInterval(drawing);
            }
            return called;
        }"""
    )
    assert called and set(called) == {64}
