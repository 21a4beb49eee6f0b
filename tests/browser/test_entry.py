"""The first offer: it goes out with what the page brought along, and never twice with the same token."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route

from tests.browser.demo_system import DemoSystem
from tests.browser.leaving import leave

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


def test_the_offer_is_the_first_request_after_the_page_and_goes_by_its_connection(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    session = page.context.new_cdp_session(page)
    connections: list[tuple[str, float]] = []
    session.on(
        "Network.responseReceived",
        lambda event: connections.append((event["response"]["url"], event["response"]["connectionId"])),
    )
    session.send("Network.enable")
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    offer = f"{system.url}api/webrtc/offer"
    fetched = [(url, connection) for url, connection in connections if not url.startswith("data:")]
    assert [url for url, _ in fetched[:2]] == [system.url, offer]
    assert fetched[0][1] == fetched[1][1]


def test_an_offer_that_petcam_web_does_not_take_goes_straight_to_the_streamer(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.route(f"{system.url}api/webrtc/offer", lambda route: route.abort())
    with page.expect_response(f"http://127.0.0.1:{system.streamer_port}/api/webrtc/offer") as answer:
        page.goto(system.url)
    assert answer.value.ok
    page.wait_for_selector(f"{LIVE}[data-way=webrtc]")


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


def test_a_page_whose_rest_did_not_come_is_loaded_anew_once_the_server_answers(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    held: list[Route] = []
    page.route("**/main.js", lambda route: held.append(route), times=1)
    with page.expect_request("**/main.js"):
        page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.evaluate("window.before = true")
    with system.without("web"):
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/healthz")):
            held[0].continue_()
        assert page.evaluate("before")
        assert page.locator("#start-recording").is_disabled()
    page.wait_for_selector("#start-recording:enabled")
    page.wait_for_selector(LIVE)
    assert page.evaluate("window.before") is None


def test_a_page_whose_rest_is_broken_is_loaded_anew_only_once(system: DemoSystem, browser: Browser) -> None:
    page = browser.new_page()
    loads: list[Page] = []
    page.on("load", lambda loaded: loads.append(loaded))
    page.route("**/main.js", lambda route: route.fulfill(content_type="text/javascript", body="export { nothing };"))
    with page.expect_event("pageerror") as error:
        page.goto(system.url)
    assert "nothing" in error.value.message
    assert len(loads) == 2
    leave(page.context)
