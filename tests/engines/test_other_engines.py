"""What a family does, in Firefox and in WebKit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from petcam.system.network import lan_address
from tests.browser.demo_system import DemoSystem
from tests.engines.picture import HAS_WEBRTC, LIVE, wait_for_picture
from tests.engines.web_driver import WebDriver
from tests.real_services import OWNER, RealServices

# Whether the canvas with this id has anything on it.
DRAWN = """(canvas => {{
    if (!canvas?.width) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some(value => value > 0);
}})(document.getElementById("NAME"))""".replace("{{", "{").replace("}}", "}")


@pytest.fixture
def page(engine: WebDriver, system: DemoSystem) -> Iterator[WebDriver]:
    """The live page with its picture; what was chosen is forgotten afterwards."""
    engine.goto(system.url)
    wait_for_picture(engine)
    yield engine
    engine.run("localStorage.clear()")


def plays_h264(page: WebDriver) -> bool:
    return bool(page.run("document.createElement('video').canPlayType('video/mp4; codecs=\"avc1.42e01f\"')"))


def test_the_picture_comes_with_the_boxes_of_the_pet(page: WebDriver) -> None:
    page.wait_for(DRAWN.replace("NAME", "bbox-canvas"))


def test_where_the_browser_has_webrtc_and_h264_the_picture_comes_by_it(page: WebDriver) -> None:
    if not page.run(HAS_WEBRTC) or lan_address() == "127.0.0.1":
        pytest.skip("this engine has no WebRTC for it here, or the machine no address but 127.0.0.1")
    page.wait_for("document.querySelector('#camera[data-way=webrtc][data-video=live]')")
    assert page.run("document.getElementById('webrtc-video').videoWidth") == 1280


@pytest.mark.needs_python("pictures")
def test_mjpeg_brings_pictures_that_move(page: WebDriver) -> None:
    page.wait_for("document.querySelector('#choices:enabled')")
    page.click("#choices")
    page.wait_for("document.querySelector('input[name=picture][value=mjpeg]')?.getClientRects().length")
    page.click("input[name=picture][value=mjpeg]")
    page.wait_for("document.querySelector('#camera[data-way=mjpeg][data-video=live]')")
    pictures = (
        "[...new Set(window.seen = [...(window.seen ?? []), document.getElementById('mjpeg-canvas').toDataURL()])]"
    )
    page.wait_for(f"{pictures}.length > 3")


def need_h264(page: WebDriver) -> None:
    if not plays_h264(page):
        pytest.skip(
            "this engine has no H.264 here: apt-get install ffmpeg gstreamer1.0-libav gstreamer1.0-plugins-good"
        )


def test_looking_back_plays_what_was_and_leads_back_to_live(page: WebDriver) -> None:
    need_h264(page)
    page.wait_for(DRAWN.replace("NAME", "bbox-canvas"))
    page.click("#rewind")
    page.wait_for("document.querySelector('#camera[data-past=shown]')")
    page.wait_for("(window.from ??= document.querySelector('video.past').currentTime) > 0")
    page.wait_for("document.querySelector('video.past').currentTime > window.from + 1")
    page.click(".past-live")
    page.wait_for("!document.querySelector('video.past, #camera[data-past]')")


def test_what_is_recorded_by_the_buttons_can_be_played(page: WebDriver, system: DemoSystem) -> None:
    page.click("#start-recording")
    page.wait_for("document.querySelector('#recording-status[data-state=on]')")
    page.wait_for("parseInt(document.getElementById('recording-frames').textContent) > 30")
    page.click("#stop-recording")
    page.wait_for("document.querySelector('#recording-status[data-state=off]')")
    need_h264(page)
    page.goto(f"{system.url}recordings")
    page.click(".card .open, .card button, .card a")
    page.wait_for("document.querySelector('video')?.currentTime > 0")


def test_an_address_plays_a_recording_from_a_moment_with_its_boxes_also_while_it_grows(
    page: WebDriver, system: DemoSystem
) -> None:
    need_h264(page)
    page.click("#start-recording")
    page.wait_for("parseInt(document.getElementById('recording-frames').textContent) > 240")
    name = page.run("fetch('/api/recording/status').then(answer => answer.json()).then(({ filename }) => filename)")
    for state in ("recording", "complete"):
        page.goto(f"{system.url}recordings#{name}&at=4.5")
        page.wait_for(f"document.querySelector('.player .delete')?.hidden === {str(state == 'recording').lower()}")
        page.wait_for("document.querySelector('.player video').currentTime > 4.8")
        assert page.run("document.querySelector('.player video').currentTime") < 15
        page.run("document.querySelector('.player video').pause()")
        page.wait_for(DRAWN.replace('getElementById("NAME")', 'querySelector(".player-boxes")'))
        page.goto(system.url)
        if state == "recording":
            page.click("#stop-recording")
            page.wait_for("document.querySelector('#recording-status[data-state=off]')")


def test_the_picture_is_back_after_the_web_service_was_away(page: WebDriver, system: DemoSystem) -> None:
    with system.without("web"):
        page.wait_for("document.querySelector('#server-status[data-state=disconnected]')")
    page.wait_for("document.querySelector('#server-status[data-state=connected]')")
    page.wait_for(LIVE)


def test_a_wrong_password_is_said_and_the_right_one_opens_the_page(engine: WebDriver, tmp_path: Path) -> None:
    with RealServices(tmp_path) as services:
        services.start("web")
        engine.goto(services.url)
        engine.type("input[type=password]", "not that")
        engine.click("form [type=submit], form button:not([type=button])")
        engine.wait_for("document.querySelector('[role=alert]').textContent")
        engine.type("input[type=password]", OWNER)
        engine.click("form [type=submit], form button:not([type=button])")
        engine.wait_for("document.getElementById('webrtc-video')")
        engine.goto("about:blank")


def test_back_brings_no_page_of_the_account_after_the_logout_and_no_password_after_the_login(
    engine: WebDriver, tmp_path: Path
) -> None:
    with RealServices(tmp_path) as services:
        services.start("web")
        engine.goto(f"{services.url}/login?next=/account")
        engine.type("input[type=password]", OWNER)
        engine.click("form [type=submit], form button:not([type=button])")
        engine.wait_for("location.pathname === '/account' && document.readyState === 'complete'")
        engine.run("window.before = true")
        engine.back()  # to the login, which leads who is logged in on
        engine.wait_for("!window.before && location.pathname === '/account' && document.readyState === 'complete'")
        engine.goto(f"{services.url}/account")
        engine.click("form[action='/logout'] button")
        engine.wait_for("location.pathname === '/login'")
        engine.back()
        engine.wait_for("location.pathname === '/login' && document.querySelector('input[type=password]')")
        engine.goto("about:blank")
