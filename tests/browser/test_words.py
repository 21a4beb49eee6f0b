"""The live page and that of recordings in the pseudo-language: no word that is ever seen is written into a module."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import pseudo_locale
from tests.browser.demo_system import DemoSystem

pytestmark = pytest.mark.needs_python("assets")

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"

# Keeps every text that the page has ever shown, or said to those who do not see it, or painted.
WATCH = """(() => {
    window.texts = new Set();
    const unseen = "script, style, noscript";
    const look = () => {
        const all = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
        for (let node = all.nextNode(); node; node = all.nextNode()) {
            if (node.parentElement && !node.parentElement.closest(unseen)) texts.add(node.data);
        }
        for (const name of ATTRIBUTES) {
            for (const element of document.querySelectorAll(`[${name}]`)) texts.add(element.getAttribute(name));
        }
    };
    const changes = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(document, { ...changes, attributeFilter: ATTRIBUTES });
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        texts.add(text);
        fillText.call(this, text, ...where);
    };
})()""".replace("ATTRIBUTES", str(list(pseudo_locale.SHOWN_ATTRIBUTES)))


@pytest.fixture(scope="module")
def pseudo_system(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    """The whole system with the pseudo-language among its catalogues."""
    folder = tmp_path_factory.mktemp("pseudo")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PETCAM_ASSETS", str(pseudo_locale.make_assets(folder / "assets")))
        with DemoSystem(folder) as running:
            yield running


@pytest.fixture
def page(pseudo_system: DemoSystem, new_page: NewPage) -> Page:
    """Of a browser that asks for the pseudo-language, and whose own is another one."""

    def ask(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "accept-language": pseudo_locale.LANGUAGE})

    page = new_page(base_url=pseudo_system.url, locale="ja-JP")
    page.route(re.compile(r":\d+/(recordings)?$"), ask)
    page.add_init_script(WATCH)
    return page


def hard_coded(page: Page) -> list[str]:
    """What was seen until now, and is no text of the catalogue."""
    seen = page.evaluate("[...texts]")
    assert any("⟦" in text for text in seen)
    return [text for text in seen if pseudo_locale.unbracketed(text)]


def record(page: Page) -> None:
    while not page.request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "on")
    expect(page.locator("#recording-frames")).not_to_be_empty()
    page.locator("#stop-recording").click()
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "off")


def test_the_live_page(pseudo_system: DemoSystem, page: Page) -> None:
    page.goto("/")
    page.wait_for_selector(LIVE)
    expect(page.locator("html")).to_have_attribute("lang", pseudo_locale.LANGUAGE)
    page.wait_for_function("() => [...texts].some((text) => text.includes('%'))")  # a box's label
    record(page)
    expect(page.locator("#toast")).not_to_be_empty()
    page.wait_for_selector("#recordings .download")
    page.locator("#choices").click()
    page.locator("#fullscreen").click()
    expect(page.locator("#fullscreen")).to_have_attribute("aria-pressed", "true")
    assert hard_coded(page) == []


def test_the_live_page_in_trouble(pseudo_system: DemoSystem, page: Page) -> None:
    page.goto("/")
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#start-recording:enabled")
    with pseudo_system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-way=mjpeg]")
        expect(page.locator("#way")).not_to_be_empty()
        expect(page.locator("#server-status")).to_have_attribute("data-state", "disconnected")
    page.wait_for_selector(LIVE + "[data-way=webrtc]")
    refusal = {"error": "No video", "message": "a streamer whose camera is silent says so"}
    page.route("**/api/recording/start", lambda route: route.fulfill(status=503, json=refusal))
    page.locator("#start-recording:enabled").click()
    expect(page.locator("#toast")).not_to_be_empty()
    with pseudo_system.without("feed"):
        page.wait_for_selector("#camera[data-video=waiting]")
        expect(page.locator(".notice-hint")).not_to_be_empty()
    page.wait_for_selector(LIVE)
    assert hard_coded(page) == []


def test_the_page_of_recordings(page: Page) -> None:
    page.goto("/recordings")
    page.wait_for_selector("#start-recording:enabled")
    record(page)
    name = page.locator("#recording-file").text_content()
    card = page.locator(".card[data-state=complete]").filter(has=page.locator(f"[href*='{name}']"))
    card.locator(".open").click()
    player = page.locator(".player")
    player.locator(".pin").click()
    expect(player.locator(".pin")).to_have_attribute("aria-pressed", "true")
    page.wait_for_selector(".shown")
    player.locator(".pin").click()
    expect(player.locator(".delete")).to_be_visible()
    player.locator(".close").click()
    page.locator("#calendar").click()
    expect(page.locator(".calendar [aria-current]")).to_be_focused()
    page.locator("#choose").click()
    for picked in page.locator(".pick").all():
        picked.click()
    page.locator("#chosen-delete").click()
    expect(page.locator(".undo-toast button")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("#notice")).not_to_be_empty()
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")  # it is carried out
    page.route("**/api/recordings/days?*", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("() => [...texts].some((text) => text.includes('cannot be loaded'))")
    assert hard_coded(page) == []
