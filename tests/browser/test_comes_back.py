"""Trouble is said on the picture, and ends by itself."""

from collections.abc import Callable

import pytest
from demo_system import DemoSystem
from playwright.sync_api import Page, Route, expect

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live][data-way=webrtc]"  # test_fallback.py has what is shown meanwhile

COUNT_CONNECTIONS = """
    window.connections = 0;
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) { super(...options); window.connections += 1; }
    };
"""


def expect_connected(page: Page) -> None:
    expect(page.locator("#server-status")).to_have_text("接続中")


def expect_disconnected(page: Page) -> None:
    expect(page.locator("#server-status")).to_have_text("切断")


def expect_trouble(page: Page, title: str) -> None:
    """It is said on the picture, with what happens next."""
    expect(page.locator(".notice-title")).to_have_text(title)
    expect(page.locator(".notice-title")).to_be_visible()
    expect(page.locator(".notice-hint")).to_contain_text("自動")


@pytest.fixture
def webrtc_only(page: Page) -> Page:
    """The page of a viewer who wants no other picture."""
    page.evaluate("petcam.choices.set('picture', 'webrtc')")
    return page


def test_a_killed_streamer_is_said_and_the_picture_comes_back(system: DemoSystem, webrtc_only: Page) -> None:
    page = webrtc_only
    expect_connected(page)
    with system.without("petcam-streamer"):
        expect_disconnected(page)
        expect_trouble(page, "映像が途切れました")
        expect(page.locator("#recording-status")).to_have_text("録画の状態は不明")
    page.wait_for_selector(LIVE)
    expect_connected(page)
    expect(page.locator(".notice")).to_be_hidden()


def test_a_streamer_that_hangs_is_said_and_the_picture_comes_back(system: DemoSystem, webrtc_only: Page) -> None:
    page = webrtc_only
    with system.frozen("petcam-streamer"):
        expect_disconnected(page)
        expect_trouble(page, "映像が途切れました")
    page.wait_for_selector(LIVE)


def test_a_streamer_that_stays_away_is_called_unreachable_and_still_tried(
    system: DemoSystem, webrtc_only: Page
) -> None:
    page = webrtc_only
    with system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-video=unreachable]")
        expect_trouble(page, "映像を受け取れません")
        expect(page.locator(".notice-countdown")).to_contain_text("次の接続まで")
    page.wait_for_selector(LIVE)


def test_the_picture_plays_on_while_the_web_service_is_away(system: DemoSystem, page: Page) -> None:
    expect_connected(page)
    with system.without("web"):
        expect_disconnected(page)
        page.evaluate("new Promise((seen) => document.querySelector('video').requestVideoFrameCallback(seen))")
        assert page.locator(LIVE).count() == 1
    expect_connected(page)
    page.wait_for_function("() => petcam.overlay.connected")


def test_a_source_that_restarts_keeps_the_connection(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(COUNT_CONNECTIONS)
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    before = page.evaluate("connections")
    with system.without("feed"):
        page.wait_for_selector("#camera[data-video=waiting]")
        expect_trouble(page, "カメラの映像が止まっています")
    page.wait_for_selector(LIVE)
    assert page.evaluate("connections") == before


def test_without_a_camera_it_says_so_and_shows_the_picture_by_itself(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    with system.without("feed"):
        system.remove_stream()
        page.goto(system.url)
        expect_trouble(page, "カメラからまだ映像が届いていません")
        expect_connected(page)
    page.wait_for_selector(LIVE)


def test_a_page_that_was_left_is_no_viewer_and_plays_again_on_return(
    system: DemoSystem, page: Page, new_page: NewPage
) -> None:
    other = new_page()
    other.goto(system.url)
    expect(other.locator("#viewers")).to_have_text("視聴 2 人")
    page.goto("/healthz")
    expect(other.locator("#viewers")).to_have_text("視聴 1 人")
    page.go_back()
    page.wait_for_selector(LIVE)


def test_a_connection_that_failed_is_made_again(page: Page) -> None:
    page.evaluate("petcam.choices.set('picture', 'webrtc')")
    page.evaluate("document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop())")
    page.wait_for_selector("#camera[data-video=reconnecting]")
    page.wait_for_selector(LIVE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(503, '{"status": "ok", "camera": {"state": "live"}}', id="503"),
        pytest.param(504, '{"error": "Go server timeout", "message": "late"}', id="504"),
        pytest.param(200, '{"status": "degraded"}', id="200 that is no health"),
        pytest.param(200, "<html>", id="200 that is no JSON"),
    ],
)
def test_a_bad_health_is_never_called_connected(system: DemoSystem, new_page: NewPage, status: int, body: str) -> None:
    page = new_page()
    page.route("**/api/go/health", lambda route: answer(route, status, body))
    page.add_init_script(
        """window.said = [];
        addEventListener("DOMContentLoaded", () => {
            const status = document.getElementById("server-status");
            if (!status) return; // the empty page before ours
            const note = () => window.said.push(status.textContent);
            note();
            new MutationObserver(note).observe(status, { childList: true });
        });"""
    )
    page.goto(system.url)
    expect_disconnected(page)
    with page.expect_response("**/api/go/health"):
        pass
    assert "接続中" not in page.evaluate("said")


def answer(route: Route, status: int, body: str) -> None:
    route.fulfill(status=status, content_type="application/json", body=body)


def test_a_full_house_is_said(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("localStorage.setItem('petcam.picture', 'webrtc')")
    page.route(
        "**/api/webrtc/offer",
        lambda route: route.fulfill(
            status=503,
            headers={"Retry-After": "1", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"},
            json={"error": "Too many viewers", "message": "16 are watching"},
        ),
    )
    page.goto(system.url)
    expect_trouble(page, "視聴者が上限に達しています。")
    page.unroute("**/api/webrtc/offer")
    page.wait_for_selector(LIVE)
