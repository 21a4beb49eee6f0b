"""The page itself: languages, sizes, keyboard, weight."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NO_FULL_SCREEN, PETCAM
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"


@pytest.mark.parametrize(
    ("locale", "lang", "button", "connected"),
    [
        ("ja-JP", "ja", "録画開始", "サーバー：接続中"),
        ("en-GB", "en", "Start recording", "Connected"),
        ("fr-FR", "en", "Start recording", "Connected"),
    ],
)
def test_it_speaks_the_browsers_language(
    system: DemoSystem, new_page: NewPage, locale: str, lang: str, button: str, connected: str
) -> None:
    page = new_page(locale=locale)
    page.goto(system.url)
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator("#server-status")).to_have_text(connected)


def test_it_speaks_japanese_where_no_language_is_asked_for(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    answer = page.request.get(system.url, headers={"Accept-Language": ""})
    for words in ('lang="ja"', "録画開始", "録画停止"):
        assert words in answer.text()


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390), (667, 375), (1280, 800), (1920, 1080)])
def test_everything_is_within_reach(system: DemoSystem, new_page: NewPage, locale: str, size: tuple[int, int]) -> None:
    width, height = size
    page = new_page(locale=locale, viewport={"width": width, "height": height})
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for element in ("#start-recording", "#stop-recording", "#fullscreen", "#server-status", "#webrtc-video"):
        box = page.locator(element).bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, element
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, element
    for button in page.get_by_role("button").all():
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth"), button.inner_text()
        box = button.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 44, button.inner_text()


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1280, 800)])
def test_nothing_moves_when_a_state_changes(system: DemoSystem, new_page: NewPage, size: tuple[int, int]) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]})
    page.add_init_script(
        """window.shifts = [];
        new PerformanceObserver((list) => {
            for (const { value, sources } of list.getEntries()) {
                const who = sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
                window.shifts.push([value, ...who]);
            }
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.evaluate("document.fonts.ready")
    with system.without("petcam-streamer"):
        expect(page.locator("#server-status")).to_have_text("サーバー：切断")
        shown = "[data-video=unreachable]" if system.server == "go" else "[data-way=mjpeg]"
        page.wait_for_selector(f"#camera{shown}")
    page.wait_for_selector(LIVE + "[data-way=webrtc]")
    assert sum(shift[0] for shift in page.evaluate("shifts")) < 0.01, page.evaluate("shifts")


def test_a_long_sentence_beside_the_viewers_moves_nothing_on_an_upright_phone(
    new_page: NewPage, system: DemoSystem
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    expect(page.locator("#viewers")).not_to_be_empty()
    expect(page.locator("#photo")).to_be_visible()
    tall = """words => {
        const row = document.querySelector(".badges");
        const way = row.querySelector("#way");
        const before = row.getBoundingClientRect().height;
        way.dataset.lasting = "";
        way.textContent = words;
        return [before, row.getBoundingClientRect().height, way.getBoundingClientRect().height];
    }"""
    before, after, sentence = page.evaluate(tall, "簡易映像：ストリーミングサーバーに接続できません。")
    assert after == before
    assert sentence <= before


def test_the_tab_key_reaches_the_controls_in_their_order(page: Page) -> None:
    page.wait_for_selector("#start-recording:enabled")
    page.evaluate("document.body.focus()")
    reached = []
    while "start-recording" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    between = ["last-recording", "SUMMARY"]  # where something was recorded before
    between += ["A"]  # the settings
    between += ["microphone", "sound"]  # where the demo's source has sound
    assert [each for each in reached if each not in between] == [
        "camera-switch",
        "photo",
        "rewind",
        "choices",
        "fullscreen",
        "start-recording",
    ]


def test_full_screen_holds_the_boxes_and_the_controls(page: Page) -> None:
    page.wait_for_selector("#fullscreen:enabled").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="全画面表示を終了")).to_have_attribute("aria-pressed", "true")
    held = page.evaluate(
        """["webrtc-video", "bbox-canvas", "start-recording"].every((id) =>
            document.fullscreenElement.contains(document.getElementById(id)))"""
    )
    assert held
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="全画面表示", exact=True)).to_have_attribute("aria-pressed", "false")


def test_the_picture_fills_the_page_where_there_is_no_full_screen(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(NO_FULL_SCREEN)
    page.goto(system.url)
    page.get_by_role("button", name="全画面表示").click()
    box = page.locator("#camera").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="全画面表示", exact=True)).to_be_visible()


def test_states_are_announced_and_the_video_is_named(page: Page) -> None:
    for element in ("#server-status", "#recording-status", ".notice-words"):
        expect(page.locator(element)).to_have_attribute("role", "status")
    expect(page.locator("#webrtc-video")).to_have_attribute("aria-label", "ペットカメラの映像")
    expect(page.locator("#webrtc-video")).to_have_attribute("tabindex", "-1")  # Firefox would stop there by itself
    expect(page.locator("#bbox-canvas")).to_have_attribute("aria-hidden", "true")


def test_it_obeys_its_own_content_security_policy(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e.violatedDirective))"
    )
    answer = page.goto(system.url)
    page.wait_for_selector(LIVE)
    assert answer is not None and "unsafe" not in answer.headers["content-security-policy"]
    assert page.evaluate("broken") == []


def test_it_keeps_its_budgets(system: DemoSystem, new_page: NewPage) -> None:
    """docs/page.md. Answers to what is asked again and again count once, open streams as a request."""
    page = new_page()
    page.add_init_script(
        """window.load = () => ["navigation", "resource"]
            .flatMap((type) => performance.getEntriesByType(type))
            .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize]);
        new MutationObserver((_, observer) => {
            if (document.querySelector("#camera[data-video=live]")) observer.disconnect();
            else return;
            window.atPicture = load();
        }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-video"] });"""
    )
    page.goto(system.url)
    page.wait_for_selector("#start-recording:enabled")
    page.evaluate(PETCAM)
    at_picture, at_rest = dict(page.evaluate("atPicture")), dict(page.evaluate("load()"))
    assert sum(at_picture.values()) < 50_000, at_picture
    assert {"/", "/api/webrtc/offer"} <= set(at_picture)
    assert sum(at_rest.values()) < 80_000, at_rest
    assert 5 < len(at_rest) <= 20, at_rest


def test_a_second_visit_asks_for_the_page_only(page: Page) -> None:
    asked: list[str] = []
    page.wait_for_selector("#latest:visible")  # the first visit has all, too
    page.wait_for_selector("#sound:visible")
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)
    fetched = """performance.getEntriesByType("resource").filter(({ transferSize }) => transferSize > 0)
        .map(({ name }) => name).filter((name) => name.includes("/static/"))"""
    assert any("/static/" in url for url in asked)
    assert page.evaluate(fetched) == []
