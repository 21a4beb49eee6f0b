"""The server's limits are said on the page, and end by themselves."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import requests
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live][data-way=webrtc]"


def test_a_full_house_is_said(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("localStorage.setItem('petcam.picture', 'webrtc')")
    refused = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        headers = {
            "Retry-After": "1",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
        }
        full = {"error": "Too many viewers", "message": "16 are watching"}
        route.fulfill(status=503, headers=headers, json=full)

    page.route("**/api/webrtc/offer", refuse)
    page.goto(system.url)
    while len(refused) < 5:  # after so many failures without an answer the camera is called unreachable
        page.wait_for_event("request")
    expect(page.locator(".notice-title")).to_have_text("視聴者が上限に達しています。")
    expect(page.locator(".notice-hint")).to_contain_text("自動")
    page.unroute("**/api/webrtc/offer")
    page.wait_for_selector(LIVE)


def test_that_no_more_pages_can_be_open_is_said_and_ends_with_the_others(tmp_path: Path, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    with DemoSystem(tmp_path) as system, ExitStack() as others:  # one in which no page of before gives up its place
        url = f"{system.url}api/detections/stream"
        while (stream := others.enter_context(requests.get(url, stream=True, timeout=10))).ok:
            pass
        assert stream.status_code == 503
        page.goto(system.url)
        page.wait_for_selector(LIVE)  # which holds no place there
        expect(page.locator("#boxes")).to_have_text("Too many pages are open at once.")
        others.close()
        expect(page.locator("#boxes")).to_be_empty()
        page.evaluate(PETCAM)
        assert page.evaluate("petcam.detections.connected")
