"""The camera's switch on the page: turned off for all, said large, and turned on again."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem

OFF = "#camera[data-video=off]"
LIVE = "#camera[data-video=live]"
SAID = "カメラはオフです"


@pytest.fixture
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    """A system of its own, as others would miss its pictures."""
    with DemoSystem(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def come(camera: DemoSystem, new_page: Callable[..., Page]) -> Callable[..., Page]:
    def make(**options: object) -> Page:
        page = new_page(base_url=camera.url, **options)
        page.goto("/")
        return page

    return make


def petcam_camera(camera: DemoSystem, *words: str) -> None:
    environment = {**os.environ, "STATE_DIRECTORY": str(camera.directory)}
    subprocess.run([sys.executable, "-m", "petcam.cli", "camera", *words], env=environment, check=True)


def turn_off(page: Page, button: str) -> None:
    page.locator("#camera-switch").click()
    expect(page.locator("#camera-switch")).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name=button).click()


def test_the_owner_turns_it_off_for_all_and_on_again(camera: DemoSystem, come: Callable[..., Page]) -> None:
    page, other = come(), come()
    for each in (page, other):
        each.wait_for_selector(LIVE)
    turn_off(page, "次にオンにするまでオフにする")
    for each in (page, other):
        each.wait_for_selector(OFF)
        expect(each.locator(".notice-title")).to_have_text(SAID)
        expect(each.locator(".notice-hint")).to_contain_text("持ち主がオフにしました（")
        expect(each.locator(".notice-countdown")).to_be_empty()
        expect(each.locator("#start-recording")).to_be_disabled()
        expect(each.locator("#keep-past")).to_be_disabled()
        expect(each.locator("#rewind")).to_be_hidden()
        assert each.evaluate("document.getElementById('webrtc-video').srcObject") is None
    other.reload()
    expect(other.locator(".notice-title")).to_have_text(SAID)
    expect(other.locator(".notice-hint")).to_contain_text("持ち主がオフにしました（")
    other.locator("#turn-on").click()
    for each in (page, other):
        each.wait_for_selector(LIVE)
        expect(each.locator("#turn-on")).to_have_count(0)
        expect(each.locator("#start-recording")).to_be_enabled()


def test_it_is_turned_off_for_an_hour_and_by_keys_alone(camera: DemoSystem, come: Callable[..., Page]) -> None:
    page = come(locale="en-US")
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)
    page.locator("#camera-switch").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#camera-menu")).to_contain_text("Nobody sees or hears the room then")
    page.keyboard.press("Escape")
    expect(page.locator("#camera-menu")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(OFF)
    expect(page.locator(".notice-countdown")).to_contain_text("It turns on again automatically: ")
    page.locator("#turn-on").click()
    page.wait_for_selector(LIVE)


@pytest.mark.needs_python("pictures")
def test_the_command_turns_it_off_and_the_basic_picture_ends_too(camera: DemoSystem, come: Callable[..., Page]) -> None:
    page = come()
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)
    page.evaluate("petcam.choices.set('picture', 'mjpeg')")
    page.wait_for_selector("#camera[data-way=mjpeg][data-video=live]")
    petcam_camera(camera, "off", "--minutes", "5")
    page.wait_for_selector(OFF)
    expect(page.locator(".notice-hint")).to_contain_text("カメラ本体でオフにされました（")
    expect(page.locator("#mjpeg-canvas")).to_be_hidden()
    petcam_camera(camera, "on")
    page.wait_for_selector("#camera[data-way=mjpeg][data-video=live]")


def test_a_switch_that_cannot_be_read_is_said(camera: DemoSystem, come: Callable[..., Page]) -> None:
    page = come()
    page.wait_for_selector(LIVE)
    (camera.directory / "camera.json").write_text("{")
    page.wait_for_selector(OFF)
    expect(page.locator(".notice-hint")).to_contain_text("オン・オフの設定を読み取れません。")
    page.locator("#turn-on").click()
    page.wait_for_selector(LIVE)


def test_a_picture_that_is_looked_back_at_ends_with_it(camera: DemoSystem, come: Callable[..., Page]) -> None:
    page = come()
    page.wait_for_selector(LIVE)
    page.locator("#rewind").click()
    page.wait_for_selector("video.past")
    turn_off(page, "1 時間オフにする")
    page.wait_for_selector(OFF)
    expect(page.locator("video")).to_have_count(1)
