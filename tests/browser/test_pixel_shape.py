"""A camera whose pixels are not square: its picture has the true shape, and the boxes are on it."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from petcam.shm.detections import DetectionWriter
from tests.browser.encoded_camera import FPS, EncodedCamera
from tests.ports import free_port
from tests.real_services import OWNER, RealServices

av = pytest.importorskip("av")

NewPage = Callable[..., Page]
WIDTH, HEIGHT = 352, 288  # of pixels of 16:11, so 512x288
PET = (132, 96, 66, 96)  # x, y, width, height in those: a square of 96 in the middle
WHITE, GREEN = (255, 255, 255), (126, 226, 168)  # the pet, and the line around it
SCREENSHOTS = 50
TOLERANCE = 8  # of the screen's pixels: blurred edges, and lines that are 2.5 wide


def paint(frame: Any) -> None:
    x, y, w, h = PET
    luma = frame.planes[0]
    np.frombuffer(luma, np.uint8).reshape(luma.height, luma.line_size)[y : y + h, x : x + w] = 255


@pytest.fixture
def petcam(tmp_path: Path) -> Iterator[RealServices]:
    stream = f"/petcam_test_{free_port()}_sar"
    services = RealServices(tmp_path, stream)
    with DetectionWriter(services.detections) as detector:

        def detect(capture_ns: int) -> None:
            frame = SimpleNamespace(frame_number=0, capture_ns=capture_ns, width=WIDTH, height=HEIGHT)
            detector.publish(frame, [("cat", 0.9, *PET)])

        camera = EncodedCamera(stream, WIDTH, HEIGHT, group=FPS, sar="16/11", paint=paint, published=detect)
        with closing(camera), services:
            services.start("web", "streamer")
            yield services


def screenshot(page: Page) -> Any:
    """The picture's pixels, RGB, without the words on it."""
    page.evaluate("document.querySelector('.badges').style.visibility = 'hidden'")
    with av.open(io.BytesIO(page.locator("#camera .picture").screenshot())) as png:
        return next(png.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def extent(pixels: Any, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the one large thing of that colour."""
    alike = (abs(pixels - colour) < 24).all(2)
    edges = []
    for counts in (alike.sum(0), alike.sum(1)):
        found = np.flatnonzero(counts > 0.8 * counts.max())
        edges.append((int(found[0]), int(found[-1]) + 1))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


@pytest.mark.parametrize("way", ["webrtc", pytest.param("mjpeg", marks=pytest.mark.needs_python("pictures"))])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_the_picture_has_its_true_shape_and_the_boxes_are_on_it(
    petcam: RealServices, new_page: NewPage, way: str, size: tuple[int, int]
) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]})
    name, _, value = petcam.log_in(OWNER).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": petcam.url}])
    page.route("**/api/go/health", lambda route: None)  # never answered: the first picture has its shape already
    if way == "mjpeg":
        page.add_init_script("delete window.RTCPeerConnection")
    page.goto(petcam.url)
    page.wait_for_selector(f"#camera[data-video=live][data-way={way}]")
    wait_for_box(page)
    for _ in range(SCREENSHOTS):  # what the page says at first lies on the picture for a moment
        pixels = screenshot(page)
        left, top, right, bottom = pet = extent(pixels, WHITE)
        shown_width = pixels.shape[1]  # of the element, which has the shape of 512x288, too
        expected = pytest.approx([192 / 512 * shown_width, 288 / 512 * shown_width], abs=TOLERANCE)
        if [left, right] == expected and extent(pixels, GREEN) == pytest.approx(pet, abs=TOLERANCE):
            break
    assert [left, right] == expected
    assert right - left == pytest.approx(bottom - top, abs=TOLERANCE), "it is a square"
    assert extent(pixels, GREEN) == pytest.approx(pet, abs=TOLERANCE)


def wait_for_box(page: Page) -> None:
    """Until one is drawn over the picture."""
    page.wait_for_function(
        """() => {
            const canvas = document.getElementById("bbox-canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value, i) => i % 4 === 3 && value);
        }"""
    )
