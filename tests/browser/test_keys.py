"""The keys, and what the page says of itself to those who ask."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"
ZOOMED = "#camera[data-zoomed]"
ON_DEMAND = ["photo", "zoom", "picture_in_picture", "figures", "keys", "sheet", "stream_stats"]


@pytest.fixture
def live(shared: Page) -> Page:
    """Nothing has the focus."""
    shared.evaluate("document.activeElement.blur()")
    return shared


def test_none_of_it_is_loaded_before_it_is_asked_for(shared: Page) -> None:
    """The first test of the file, so that nobody has asked."""
    there = shared.evaluate("Object.keys(petcamModules)")
    assert "live/main.js" in there
    assert not {f"live/{module}.js" for module in ON_DEMAND} & set(there)


def test_a_key_does_nothing_in_a_text_field_in_a_dialog_or_with_a_modifier(live: Page) -> None:
    live.evaluate(
        """() => {
            window.took = 0;
            document.getElementById("fullscreen").addEventListener("click", (event) => (took += 1), { capture: true });
            document.body.append(Object.assign(document.createElement("input"), { id: "typed" }));
        }"""
    )
    live.locator("#typed").press_sequentially("fi?+")
    for key in ("Control+Shift+f", "Alt+f", "Meta+f", "Shift+f"):
        live.evaluate("document.activeElement.blur()")
        live.keyboard.press(key)
    assert live.evaluate("took") == 0
    expect(live.get_by_role("dialog")).to_have_count(0)
    assert live.locator(ZOOMED).count() == 0
    live.evaluate("document.getElementById('typed').remove()")
    live.keyboard.press("?")
    expect(live.get_by_role("dialog")).to_be_visible()
    live.keyboard.press("f")  # the focus is in the dialog
    live.keyboard.press("+")
    live.keyboard.press("?")
    expect(live.get_by_role("dialog")).to_have_count(0)
    assert live.evaluate("took") == 0 and live.locator(ZOOMED).count() == 0
    live.keyboard.press("f")
    expect(live.locator("#camera.filling")).to_be_visible()
    assert live.evaluate("took") == 1
    live.keyboard.press("f")
    expect(live.locator("#camera.filling")).to_have_count(0)


def test_the_owners_key_starts_and_stops_the_recording(live: Page) -> None:
    live.wait_for_selector("#start-recording:enabled")
    live.keyboard.press("r")
    expect(live.locator("#recording-status")).to_have_attribute("data-state", "on")
    live.wait_for_selector("#stop-recording:enabled")
    live.keyboard.press("r")
    expect(live.locator("#recording-status")).to_have_attribute("data-state", "off")
    expect(live.locator("#last-recording")).to_be_visible()
    made = live.locator("#last-recording").get_attribute("href")
    deleted = live.evaluate("async (made) => (await fetch(made, { method: 'DELETE' })).ok", made)
    assert deleted, "the system is as it was"
    live.wait_for_selector("#start-recording:enabled")
    live.evaluate(
        """() => {
            window.presses = 0;
            const count = () => (presses += 1);
            document.getElementById("start-recording").addEventListener("click", count, { capture: true });
            document.body.dataset.role = "viewer";
        }"""
    )
    live.keyboard.press("r")
    live.evaluate("document.body.dataset.role = 'owner'")
    assert live.evaluate("presses") == 0


def test_the_question_mark_shows_the_keys_and_escape_puts_them_away(live: Page) -> None:
    live.locator("#choices").focus()
    live.keyboard.press("?")
    sheet = live.get_by_role("dialog", name="キー操作")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("button", name="閉じる")).to_be_focused()
    for words in ("写真を撮る", "録画の開始・停止", "拡大・縮小", "通信の状況"):
        expect(sheet).to_contain_text(words)
    live.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(live.locator("#choices")).to_be_focused()


def test_the_keys_can_be_turned_off_and_on_again(live: Page) -> None:
    live.keyboard.press("?")
    use = live.get_by_role("checkbox", name="キー操作を使う")
    expect(use).to_be_checked()
    use.uncheck()
    live.keyboard.press("Escape")  # which is no such key
    expect(live.get_by_role("dialog")).to_have_count(0)
    live.keyboard.press("+")
    live.keyboard.press("?")
    live.locator("#choices").click()
    expect(live.get_by_role("dialog")).to_have_count(0)
    live.get_by_role("button", name="キー操作").click()
    expect(use).not_to_be_checked()
    use.check()
    live.get_by_role("button", name="閉じる").click()
    expect(live.locator("#choices")).to_be_focused()
    assert live.locator(ZOOMED).count() == 0


def test_the_figures_are_read_only_while_they_are_shown(live: Page) -> None:
    live.evaluate(
        """() => {
            const [begin, end] = [setInterval, clearInterval];
            window.paces = new Map();
            window.setInterval = (act, ms) => {
                const timer = begin(act, ms);
                paces.set(timer, ms);
                return timer;
            };
            window.clearInterval = (timer) => (paces.delete(timer), end(timer));
        }"""
    )
    each_second = "[...paces.values()].filter((ms) => ms === 1000).length"
    live.locator("#choices").click()
    live.locator("#show-figures").click()
    expect(live.locator("#choice-menu")).to_be_hidden()
    sheet = live.get_by_role("dialog", name="通信の状況")
    terms = ["方式", "解像度", "ビットレート", "フレーム数", "往復時間", "パケット損失", "映像の遅れ", "検出枠"]
    expect(sheet.locator("dt")).to_have_text(terms)
    live.wait_for_function("() => !document.getElementById('figures').innerText.includes('–')")
    values = dict(zip(terms, sheet.locator("dd").all_inner_texts(), strict=True))
    assert values["方式"] == "WebRTC (UDP)"
    assert values["解像度"] == live.evaluate("`${petcam.client.video.videoWidth} × ${petcam.client.video.videoHeight}`")
    for term, unit in (("ビットレート", "Mbit/s"), ("フレーム数", "毎秒"), ("往復時間", "ms"), ("パケット損失", "%")):
        assert unit in values[term]
    assert live.evaluate(each_second) == 1
    live.keyboard.press("?")
    expect(sheet).to_be_hidden()  # one at a time
    live.keyboard.press("i")
    expect(sheet).to_be_visible()
    live.keyboard.press("i")
    expect(sheet).to_be_hidden()
    assert live.evaluate(each_second) == 0


@pytest.mark.needs_python("pictures")
def test_the_figures_of_mjpeg_are_its_own(live: Page) -> None:
    live.keyboard.press("i")
    live.evaluate("petcam.choices.set('picture', 'mjpeg')")
    live.wait_for_selector(LIVE + "[data-way=mjpeg]")
    sheet = live.get_by_role("dialog", name="通信の状況")
    expect(sheet.locator("dd").first).to_have_text("MJPEG")
    live.wait_for_function("() => document.querySelectorAll('#figures dd')[2].textContent.includes('Mbit/s')")
    for _ in range(2):  # the first reading may be of frames of before
        sheet.locator("dd").nth(3).evaluate("frames => void (frames.textContent = '')")
        expect(sheet.locator("dd").nth(3)).not_to_be_empty()
    expect(sheet.locator("dd").nth(3)).to_have_text(re.compile("毎秒 [1-9]"))
    expect(sheet.locator("dd").nth(4)).to_have_text("–")  # no round trip is known
    live.evaluate("petcam.choices.set('picture', 'auto')")
    live.wait_for_selector(LIVE + "[data-way=webrtc]")
    expect(sheet.locator("dd").first).to_contain_text("WebRTC")
    live.keyboard.press("Escape")
