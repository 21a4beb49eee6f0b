"""The detector's boxes over the picture."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.orange import ORANGE

NewPage = Callable[..., Page]

# Remember every result as the page receives it; be deaf to them when told.
LISTEN_IN = """{
    window.results = new Map();
    const Source = EventSource;
    window.EventSource = class extends Source {
        addEventListener(name, handler) {
            super.addEventListener(name, name !== "message" ? handler : (event) => {
                if (window.deaf) return;
                window.heardAt = performance.now();
                const result = JSON.parse(event.data);
                window.results.set(result.rtp_timestamp, result);
                handler(event);
            });
        }
    };
}"""

# The first drawing, from now on, of a box on the very frame that it was computed on, once the pet is not just a sliver
# at the picture's edge. The picture's and the canvas's pixels are taken within the event: a moment later another frame
# may be there.
DRAWING = (
    """() => new Promise((drawn) => petcam.overlay.addEventListener("draw", function look() {
    const { state } = petcam.overlay;
    if (state.match !== "exact" || !state.detections.length || state.detections[0].bbox.w < 60) return;
    petcam.overlay.removeEventListener("draw", look);
    const video = document.getElementById("webrtc-video");
    const copy = new OffscreenCanvas(1280, 720).getContext("2d");
    copy.drawImage(video, 0, 0);
    const canvas = document.getElementById("bbox-canvas");
    const { width, height } = canvas;
    const line = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const edges = [width, height, 0, 0];
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
        const i = 4 * (y * width + x);
        if (line[i] !== 126 || line[i + 1] !== 226 || line[i + 2] !== 168) continue;
        edges[0] = Math.min(edges[0], x), edges[1] = Math.min(edges[1], y);
        edges[2] = Math.max(edges[2], x + 1), edges[3] = Math.max(edges[3], y + 1);
    }
    const orange = """
    + ORANGE
    + """;
    const { x, y, w, h } = state.detections[0].bbox;
    drawn({ state, result: window.results.get(state.rtpTimestamp), canvas: [width, height], edges,
            orange: { inside: orange(copy, x, y, w, h), all: orange(copy, 0, 0, 1280, 720) } });
}))"""
)

LINE = 2.5  # pixels
DRAWINGS = 5  # that are looked at


@pytest.fixture
def page(system: DemoSystem, new_page: NewPage) -> Page:
    """The page, listened in on; its modules in ``petcam``."""
    page = new_page()
    page.add_init_script(LISTEN_IN)
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate(PETCAM)
    return page


def test_a_box_is_the_detectors_for_the_very_frame(page: Page) -> None:
    drawing = page.evaluate(DRAWING)
    assert drawing["state"]["resultTimestamp"] == drawing["state"]["rtpTimestamp"]
    assert drawing["state"]["detections"] == drawing["result"]["detections"]


def test_a_box_is_on_the_drawn_pet(page: Page) -> None:
    """On a busy machine the browser may have later frames already when a drawing is looked at: so one of a few has to
    be right. Were boxes beside the pet, none would be."""
    found = [page.evaluate(DRAWING)["orange"] for _ in range(DRAWINGS)]
    assert all(orange["all"] > 500 for orange in found)
    assert any(orange["inside"] >= 0.95 * orange["all"] for orange in found), found


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("size", [(500, 900), (1280, 400), (1280, 800)])
def test_a_box_is_painted_where_the_letterboxed_picture_is(page: Page, size: tuple[int, int], ratio: int) -> None:
    width, height = size
    page.context.new_cdp_session(page).send(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False},
    )
    page.get_by_role("button", name="全画面表示").click()
    drawing = page.evaluate(DRAWING)
    across, down = drawing["canvas"]
    scale = min(across / 1280, down / 720)
    left, top = (across - 1280 * scale) / 2, (down - 720 * scale) / 2
    box = drawing["state"]["detections"][0]["bbox"]
    right, bottom = min(1280, box["x"] + box["w"]), min(720, box["y"] + box["h"])
    wanted = [
        left + max(0, box["x"]) * scale,
        top + max(0, box["y"]) * scale,
        left + right * scale,
        top + bottom * scale,
    ]
    assert drawing["edges"] == pytest.approx(wanted, abs=LINE / 2 * ratio + 1)


NOTHING_PAINTED = """() => {
    const canvas = document.getElementById("bbox-canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.every((value) => value === 0);
}"""


def test_boxes_vanish_once_the_results_cease(page: Page) -> None:
    page.evaluate(DRAWING)
    page.evaluate("window.deaf = true")
    page.wait_for_function("() => petcam.overlay.state.match === 'none' && performance.now() - window.heardAt >= 500")
    assert page.evaluate(NOTHING_PAINTED)


def test_boxes_vanish_from_a_picture_that_stands_still_too(page: Page) -> None:
    page.evaluate(DRAWING)
    page.evaluate("window.deaf = true; petcam.fallback.close()")
    page.wait_for_function("() => petcam.overlay.state.match === 'none'")
    assert page.evaluate(NOTHING_PAINTED)


def test_a_hidden_tab_has_no_stream_of_results(page: Page) -> None:
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    connected = "wanted => petcam.detections.connected === wanted"
    page.wait_for_function(connected, arg=True)
    page.evaluate(hide, True)
    page.wait_for_function(connected, arg=False)
    page.evaluate(hide, False)
    page.wait_for_function(connected, arg=True)


RESULT = {"detections": [], "frame_number": 0, "width": 1280, "height": 720}


@pytest.mark.parametrize(
    ("results", "frame", "now", "wanted"),
    [
        pytest.param([1000, 4000], 4000, 10, ["exact", 4000], id="the result of the frame itself"),
        pytest.param([1000, 4000], 1000, 10, ["exact", 1000], id="of the frame itself although there is a newer one"),
        pytest.param([1000, 4000], 7000, 10, ["moved", 4000], id="else the newest before it is moved on"),
        pytest.param([1000, 4000], 3000, 10, ["interpolated", 1000], id="or the boxes lie between two results"),
        pytest.param([4000], 3000, 10, ["none", None], id="never those of the frame's future alone"),
        pytest.param([1000, 46001], 3000, 10, ["moved", 1000], id="results that far apart have nothing between them"),
        pytest.param([1000], 46000, 10, ["moved", 1000], id="half a second before at most"),
        pytest.param([1000], 46001, 10, ["none", None], id="not older"),
        pytest.param([4294966296], 1000, 10, ["moved", 4294966296], id="across the wrap-around"),
        pytest.param([4294966296, 2000], 500, 10, ["interpolated", 4294966296], id="between across the wrap-around"),
        pytest.param([1000], 4294966296, 10, ["none", None], id="the future across the wrap-around"),
        pytest.param([4294967295], 4294967295, 10, ["exact", 4294967295], id="the highest timestamp"),
        pytest.param([1000, 4000], None, 10, ["newest", 4000], id="the newest where the frame's time is not known"),
        pytest.param([1000], None, 500, ["none", None], id="nothing half a second after the last result"),
        pytest.param([1000], 1000, 500, ["none", None], id="not even the exact one then"),
        pytest.param([], 1000, 10, ["none", None], id="nothing before the first result"),
    ],
)
def test_it_chooses(modules: Page, results: list[int], frame: int | None, now: int, wanted: list[Any]) -> None:
    rows = [{**RESULT, "rtp_timestamp": timestamp} for timestamp in results]
    chosen = modules.evaluate(
        """async ([rows, frame, now]) => {
            const { DetectionRing } = await import("/static/lib/detection_ring.js");
            const ring = new DetectionRing();
            for (const row of rows) ring.add(row, 0);
            const { match, result } = ring.boxesFor(frame ?? undefined, now);
            return [match, result && result.rtp_timestamp];
        }""",
        [rows, frame, now],
    )
    assert chosen == wanted, json.dumps(rows)


def test_pictures_of_a_minute_ago_have_their_boxes_also_once_no_results_come_any_more(modules: Page) -> None:
    matches = modules.evaluate(
        """async ([row, count]) => {
            const { DetectionRing } = await import("/static/lib/detection_ring.js");
            const ring = new DetectionRing();
            for (let i = 0; i < count; i++) ring.add({ ...row, rtp_timestamp: 3000 * i }, 0);
            const at = [0, 3000 * (count - 1)];
            return [true, false].map((past) => at.map((timestamp) => ring.boxesFor(timestamp, 5000, past).match));
        }""",
        [RESULT, 75 * 30],
    )
    assert matches == [["exact", "exact"], ["none", "none"]]
