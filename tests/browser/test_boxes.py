"""The detector's boxes over the picture."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from demo_system import DemoSystem
from playwright.sync_api import Page

NewPage = Callable[..., Page]

# The first drawing, from now on, of a box on the very frame that it was computed on; with the pixels under it.
EXACT_DRAWING = """async () => {
    const { page: { overlay } } = await import("/static/main.js");
    const video = document.getElementById("webrtc-video");
    await new Promise((drawn) => overlay.addEventListener("draw", function look() {
        const { match, detections } = overlay.state;
        if (match !== "exact" || !detections.length) return;
        overlay.removeEventListener("draw", look);
        drawn();
    }));
    const picture = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext("2d");
    picture.drawImage(video, 0, 0);
    const orange = (x, y, w, h) => {
        const { data } = picture.getImageData(x, y, w, h);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i] > 190 && data[i + 1] > 80 && data[i + 1] < 165 && data[i + 2] < 90) count += 1;
        }
        return count;
    };
    const { x, y, w, h } = overlay.state.detections[0].bbox;
    return { state: overlay.state, inside: orange(x, y, w, h), all: orange(0, 0, video.videoWidth, video.videoHeight) };
}"""

# Remember every result as the page receives it.
REMEMBER_RESULTS = """{
    const Source = EventSource;
    window.results = new Map();
    window.EventSource = class extends Source {
        set onmessage(handler) {
            super.onmessage = (event) => {
                if (window.deaf) return;
                window.heardAt = performance.now();
                const result = JSON.parse(event.data);
                window.results.set(result.rtp_timestamp, result);
                handler(event);
            };
        }
    };
}"""


# Where the box is painted (edges on the canvas), and where it should be.
PAINTED = """async () => {
    const { pictureRect } = await import("/static/bbox_overlay.js");
    const { page: { overlay } } = await import("/static/main.js");
    const canvas = document.getElementById("bbox-canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const green = (x, y) => data[4 * (y * width + x) + 1] === 226;
    let painted = [width, height, 0, 0];
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (green(x, y)) {
        const [left, top, right, bottom] = painted;
        painted = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
    if (painted[0] === width) return { painted: null };
    const { x, y, w, h } = overlay.state.detections[0].bbox;
    const picture = pictureRect(width, height, 1280, 720);
    const scale = picture.w / 1280;
    return { painted, picture, wanted: [picture.x + x * scale, picture.y + y * scale,
                                        picture.x + (x + w) * scale, picture.y + (y + h) * scale] };
}"""


@pytest.fixture
def exact(system: DemoSystem, new_page: NewPage) -> dict[str, Any]:
    page = new_page()
    page.add_init_script(REMEMBER_RESULTS)
    page.goto(system.url)
    drawing: dict[str, Any] = page.evaluate(EXACT_DRAWING)
    drawing["result"] = page.evaluate("timestamp => window.results.get(timestamp)", drawing["state"]["rtpTimestamp"])
    return drawing


def test_a_box_is_the_detectors_for_the_very_frame(exact: dict[str, Any]) -> None:
    assert exact["state"]["resultTimestamp"] == exact["state"]["rtpTimestamp"]
    assert exact["state"]["detections"] == exact["result"]["detections"]


def test_a_box_is_on_the_drawn_pet(exact: dict[str, Any]) -> None:
    assert exact["all"] > 500
    assert exact["inside"] >= 0.95 * exact["all"]


def test_a_box_is_drawn_where_the_letterboxed_picture_is(page: Page) -> None:
    page.set_viewport_size({"width": 500, "height": 900})
    page.get_by_role("button", name="全画面表示").click()
    page.evaluate(EXACT_DRAWING)
    painted = page.evaluate(PAINTED)
    assert painted["picture"]["y"] > 100, "the picture is letterboxed"
    assert painted["painted"] == pytest.approx(painted["wanted"], abs=3)


def test_boxes_vanish_once_the_results_cease(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(REMEMBER_RESULTS)
    page.goto(system.url)
    page.evaluate(EXACT_DRAWING)
    page.evaluate("window.deaf = true")
    page.wait_for_function("async () => (await import('/static/main.js')).page.overlay.state.match === 'none'")
    assert page.evaluate(PAINTED)["painted"] is None
    assert page.evaluate("performance.now() - window.heardAt") >= 500


def test_a_hidden_tab_has_no_stream_of_results(page: Page) -> None:
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    connected = """async wanted => (await import("/static/main.js")).page.overlay.connected === wanted"""
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
        pytest.param([1000, 4000], 7000, 10, ["earlier", 4000], id="else the newest before it"),
        pytest.param([1000, 4000], 3000, 10, ["earlier", 1000], id="never one of the frame's future"),
        pytest.param([1000], 46000, 10, ["earlier", 1000], id="half a second before at most"),
        pytest.param([1000], 46001, 10, ["none", None], id="not older"),
        pytest.param([4294966296], 1000, 10, ["earlier", 4294966296], id="across the wrap-around"),
        pytest.param([1000], 4294966296, 10, ["none", None], id="the future across the wrap-around"),
        pytest.param([4294967295], 4294967295, 10, ["exact", 4294967295], id="the highest timestamp"),
        pytest.param([1000, 4000], None, 10, ["newest", 4000], id="the newest where the frame's time is not known"),
        pytest.param([1000], None, 500, ["none", None], id="nothing half a second after the last result"),
        pytest.param([1000], 1000, 500, ["none", None], id="not even the exact one then"),
        pytest.param([], 1000, 10, ["none", None], id="nothing before the first result"),
    ],
)
def test_it_chooses(page: Page, results: list[int], frame: int | None, now: int, wanted: list[Any]) -> None:
    rows = [{**RESULT, "rtp_timestamp": timestamp} for timestamp in results]
    chosen = page.evaluate(
        """async ([rows, frame, now]) => {
            const { DetectionRing } = await import("/static/detection_ring.js");
            const ring = new DetectionRing();
            for (const row of rows) ring.add(row, 0);
            const { match, result } = ring.boxesFor(frame ?? undefined, now);
            return [match, result && result.rtp_timestamp];
        }""",
        [rows, frame, now],
    )
    assert chosen == wanted, json.dumps(rows)
