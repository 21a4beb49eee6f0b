"""A camera whose picture is not 16:9: it has its own ratio on the page, before it is there as well."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PETCAM
from tests.browser.encoded_camera import FPS, EncodedCamera
from tests.ports import free_port
from tests.real_services import OWNER, VIEWER, RealServices

pytest.importorskip("av")

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"


class Petcam:
    def __init__(self, services: RealServices, ratio: float) -> None:
        self.services, self.ratio = services, ratio

    def open(self, page: Page, password: str = OWNER) -> None:
        name, _, value = self.services.log_in(password).partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": self.services.url}])
        page.goto(self.services.url)


@pytest.fixture(scope="module", params=[(640, 480), (360, 640)], ids=["4:3", "9:16"])
def petcam(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Petcam]:
    stream = f"/petcam_test_{free_port()}_shape"
    services = RealServices(tmp_path_factory.mktemp("shape"), stream)
    with closing(EncodedCamera(stream, *request.param, group=FPS)), services:
        services.start("web", "streamer")
        yield Petcam(services, request.param[0] / request.param[1])


def live_page(petcam: Petcam, new_page: NewPage, size: tuple[int, int]) -> Page:
    page = new_page(viewport={"width": size[0], "height": size[1]})
    petcam.open(page)
    page.wait_for_selector(LIVE)
    expect(page.locator("#server-status")).to_have_attribute("data-state", "connected")
    return page


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def seen(page: Page, ratio: float) -> tuple[float, float]:
    """Width and height of the picture itself, within its place."""
    place = box(page, ".picture")
    width = min(place["width"], place["height"] * ratio)
    return width, width / ratio


@pytest.mark.parametrize("size", [(390, 844), (360, 640)])
def test_an_upright_phone_gives_it_the_whole_width_or_all_the_height_there_is(
    petcam: Petcam, new_page: NewPage, size: tuple[int, int]
) -> None:
    page = live_page(petcam, new_page, size)
    width, height = seen(page, petcam.ratio)
    buttons, controls = box(page, "#fullscreen"), box(page, ".controls")
    if petcam.ratio > 1:
        assert width == size[0] and height == pytest.approx(width / petcam.ratio, abs=1)
    else:
        assert width > 0.32 * size[0]
        assert controls["y"] - buttons["y"] - buttons["height"] < 0.15 * size[1], "room is left below"
    assert buttons["y"] + buttons["height"] <= controls["y"]


@pytest.mark.parametrize("size", [(820, 1180), (1366, 768)])
def test_the_picture_and_its_controls_are_on_the_screen_at_once(
    petcam: Petcam, new_page: NewPage, size: tuple[int, int]
) -> None:
    page = live_page(petcam, new_page, size)
    place, controls = box(page, ".picture"), box(page, ".controls")
    assert controls["y"] + controls["height"] <= size[1]
    assert place["width"] / place["height"] == pytest.approx(petcam.ratio, rel=0.01) or place["width"] == 480
    assert place["height"] == pytest.approx(min(size[1] - 200, 788 / petcam.ratio), abs=2)


def test_its_place_is_right_before_the_picture_is_there(petcam: Petcam, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.route("**/api/webrtc/offer", lambda route: None)  # none of these is answered
    page.route("**/api/go/health", lambda route: None)
    petcam.open(page)
    page.evaluate(PETCAM)
    assert page.evaluate("Number(document.documentElement.style.getPropertyValue('--ratio'))") == petcam.ratio
    width, _ = seen(page, petcam.ratio)
    assert width == pytest.approx(min(390, (844 - 384) * petcam.ratio), abs=1)


def test_a_viewer_has_a_panel_only_while_something_is_recorded(petcam: Petcam, new_page: NewPage) -> None:
    page, owner = new_page(viewport={"width": 390, "height": 844}), new_page()
    petcam.open(owner)
    petcam.open(page, VIEWER)
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "off")
    expect(page.locator(".controls")).to_be_hidden()
    owner.locator("#start-recording:enabled").click()
    expect(page.locator("#recording-status")).to_be_visible()
    expect(page.get_by_role("button", name="録画")).to_have_count(0)
    owner.locator("#stop-recording:enabled").click()
    expect(page.locator(".controls")).to_be_hidden()
