"""The first offer: it goes out with what the page brought along, and never twice with the same token."""

import json
import re
from collections.abc import Callable

from demo_system import DemoSystem
from playwright.sync_api import Page, Route

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"


def config(token: str) -> str:
    return json.dumps({"signaling_url": "/api/webrtc/offer", "ice_servers": [], "token": token})


def bring(page: Page, token: str) -> None:
    """Have the page bring ``token`` along."""

    def change(route: Route) -> None:
        answer = route.fetch()
        inlined = r'(?<=id="webrtc-config">).*?(?=</script>)'
        route.fulfill(response=answer, body=re.sub(inlined, lambda _: config(token), answer.text()))

    page.route(re.compile(r":\d+/$"), change)


def test_it_asks_for_no_configuration_before_the_first_picture(page: Page) -> None:
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)")
    assert "/api/webrtc/offer" in asked
    assert "/api/webrtc/config" not in asked


def test_a_token_goes_with_the_offer_and_a_refused_one_is_asked_for_anew(system: DemoSystem, new_page: NewPage) -> None:
    page, sent = new_page(), []

    def judge(route: Route) -> None:
        sent.append(route.request.headers.get("authorization"))
        if sent[-1] == "Bearer old":
            route.fulfill(status=401, json={"error": "Login required", "message": "too old"})
        else:
            route.continue_()

    bring(page, "old")
    page.route("**/api/webrtc/config", lambda route: route.fulfill(body=config("new"), content_type="application/json"))
    page.route("**/api/webrtc/offer", judge)
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    assert sent == ["Bearer old", "Bearer new"]
    with page.expect_response("**/api/webrtc/offer"):
        page.evaluate("document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop())")
    assert sent[2:] == ["Bearer new"]  # out of a configuration that was fetched again
