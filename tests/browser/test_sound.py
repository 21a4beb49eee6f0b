"""The camera's sound on the live page, by a microphone that hums: all services, in Chromium."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, LocatorAssertions, Page, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.hum import Hum

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"
ON, OFF, ENDED = "音声：オン", "音声：オフ", "マイク：オフ"
# Every audio element that a page makes, and how a browser refuses sound before a tap.
WATCH_AUDIO = """window.audios = [];
window.Audio = class extends Audio { constructor() { super(); window.audios.push(this); } };"""
REFUSE = """const play = HTMLMediaElement.prototype.play;
HTMLAudioElement.prototype.play = function () {
    return window.tapped ? play.call(this) : Promise.reject(new DOMException("no tap", "NotAllowedError"));
};"""
# How much sound came out since the last call: the energy of what was played, by the browser's own count.
ENERGY = """async () => {
    let energy = 0;
    (await petcam.client.stats())?.forEach(({ type, kind, totalAudioEnergy }) => {
        if (type === "inbound-rtp" && kind === "audio") energy = totalAudioEnergy;
    });
    const more = energy - (window.energy ?? 0);
    window.energy = energy;
    return more;
}"""
HEARS = f"async () => (await ({ENERGY})()) > 0"


def put_microphone(system: DemoSystem, microphone: str = "default", backend: str = "go") -> None:
    """Web and streamer are started anew with that microphone, whose segment nobody writes yet."""
    segment, file = f"/petcam_hum_{system.port}", system.directory / "petcam.yaml"
    with system.without("web", "petcam-streamer"):
        settings = yaml.safe_load(file.read_text())
        settings["camera"].update(microphone=microphone, audio=segment)
        settings["webrtc"]["backend"] = backend
        file.write_text(yaml.safe_dump(settings))
    deadline = time.monotonic() + 40
    while not is_ready(f"{system.url}api/go/health", bool(microphone)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_ready(url: str, has_sound: bool) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            health = json.load(answer)
    except OSError:
        return False
    return bool(health["camera"]["state"] == "live" and health["sound"]["configured"] is has_sound)


@pytest.fixture(scope="module")
def camera(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("sound")) as running:
        put_microphone(running)
        yield running


@pytest.fixture
def hum(camera: DemoSystem) -> Iterator[Hum]:
    with Hum(f"/petcam_hum_{camera.port}") as humming:
        yield humming
    Path(f"/dev/shm/petcam_hum_{camera.port}").unlink(missing_ok=True)
    (camera.directory / "sound.json").unlink(missing_ok=True)


@pytest.fixture
def hearing(camera: DemoSystem, hum: Hum, new_page: NewPage) -> Callable[..., Page]:
    """Opens the page, whose modules are in ``petcam``."""

    def open_page(script: str = "", **options: object) -> Page:
        page = new_page(base_url=camera.url, **options)
        page.add_init_script(WATCH_AUDIO + script)
        come(page)
        return page

    return open_page


def come(page: Page) -> None:
    page.goto("/")
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)


def sound(page: Page) -> LocatorAssertions:
    return expect(page.locator("#sound"))


def expect_heard(page: Page) -> None:
    sound(page).to_contain_text(ON)
    page.evaluate(ENERGY)
    page.wait_for_function(HEARS)


def test_it_is_off_at_first_and_one_press_turns_it_on_and_off(hearing: Callable[..., Page]) -> None:
    page = hearing()
    sound(page).to_have_text(OFF)
    sound(page).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(ENERGY) == 0
    page.locator("#sound").click()
    expect_heard(page)
    sound(page).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("audios.map(({ paused, volume }) => [paused, volume])") == [[False, 1]]
    assert page.evaluate("document.getElementById('webrtc-video').muted")  # the picture depends on no sound
    page.locator("#sound").click()
    sound(page).to_have_text(OFF)
    assert page.evaluate("audios.map(({ paused }) => paused)") == [True]


def test_its_key_turns_it_and_this_device_remembers_it_with_its_volume(hearing: Callable[..., Page]) -> None:
    page = hearing()
    sound(page).to_have_text(OFF)
    page.keyboard.press("m")
    expect_heard(page)
    page.get_by_role("slider", name="音量").fill("30")
    assert page.evaluate("audios[0].volume") == pytest.approx(0.3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="キー操作")).to_contain_text("音声のオン・オフ")
    come(page)
    expect_heard(page)
    assert page.evaluate("audios[0].volume") == pytest.approx(0.3)
    page.keyboard.press("m")
    sound(page).to_have_text(OFF)
    come(page)
    sound(page).to_have_text(OFF)


def test_where_the_browser_refuses_sound_it_asks_for_a_tap_and_the_picture_goes_on(
    hearing: Callable[..., Page],
) -> None:
    page = hearing("localStorage.setItem('petcam.sound', 'on');" + REFUSE)
    sound(page).to_have_text("タップで音声")
    sound(page).to_have_attribute("aria-pressed", "false")
    expect(page.locator(LIVE)).to_be_visible()
    page.evaluate("window.tapped = true")
    page.locator("#sound").click()
    expect_heard(page)


def test_it_says_a_quiet_room_and_that_nothing_comes(hearing: Callable[..., Page], hum: Hum) -> None:
    page = hearing()
    level = "Number(document.getElementById('sound').style.getPropertyValue('--level'))"
    page.wait_for_function(f"() => {level} > 0.5")  # also while it is off: one sees whether there is anything to hear
    page.locator("#sound").click()
    expect_heard(page)
    hum.rms_db = -80
    sound(page).to_contain_text("音声：静か")
    page.wait_for_function(f"() => {level} === 0")
    hum.rms_db = -20
    sound(page).to_contain_text(ON)
    hum.pause()
    sound(page).to_contain_text("音声が届きません")
    sound(page).to_have_attribute("title", re.compile("マイク"))
    hum.resume()
    expect_heard(page)


def test_the_owner_ends_sound_for_all_at_once_and_lets_it_come_again(
    hearing: Callable[..., Page], camera: DemoSystem
) -> None:
    page, other = hearing(), hearing()
    other.locator("#sound").click()
    expect_heard(other)
    expect(page.get_by_role("button", name="マイク：オン")).to_have_attribute("aria-expanded", "false")
    page.locator("#microphone").click()
    expect(page.locator("#microphone-menu")).to_contain_text("録画にも音声が入ります")
    page.get_by_role("button", name="全員の音声を止める").click()
    expect(page.locator("#microphone")).to_have_text(ENDED)
    for each in (page, other):
        sound(each).to_have_text(ENDED)
        expect(each.locator("#microphone")).to_have_text(ENDED)
        sound(each).to_have_attribute("aria-disabled", "true")
    assert other.evaluate("audios.map(({ paused }) => paused)") == [True]
    other.keyboard.press("m")
    expect(other.locator("#toast")).to_have_text("持ち主がマイクをオフにしています。")
    other.goto("/recordings")
    expect(other.locator("#microphone")).to_have_text(ENDED)
    come(other)
    sound(other).to_have_text(ENDED)
    page.locator("#microphone").click()
    page.get_by_role("button", name="マイクをオンにする").click()
    expect_heard(other)  # it was chosen there before, and needs no tap


def test_it_comes_back_by_itself_after_a_reconnect(hearing: Callable[..., Page], camera: DemoSystem) -> None:
    page = hearing()
    page.locator("#sound").click()
    expect_heard(page)
    with camera.without("petcam-streamer"):
        sound(page).not_to_contain_text(ON)
    expect_heard(page)


@pytest.mark.needs_python("pictures")
def test_the_basic_picture_has_none_and_says_so(hearing: Callable[..., Page]) -> None:
    page = hearing()
    page.locator("#sound").click()
    expect_heard(page)
    page.evaluate("petcam.choices.set('picture', 'mjpeg')")
    sound(page).to_have_text("音声なし")
    page.locator("#sound").click(force=True)
    expect(page.locator("#toast")).to_have_text("簡易映像では、音声を聞けません。")
    page.evaluate("petcam.choices.set('picture', 'auto')")
    expect_heard(page)


def test_a_wish_that_fails_is_said_and_made_again(hearing: Callable[..., Page]) -> None:
    page = hearing()
    page.route("**/api/webrtc/sound", lambda route: route.fulfill(status=503, json={"error": "Go server unavailable"}))
    page.locator("#sound").click()
    expect(page.locator("#toast")).to_have_text("ストリーミングサーバーに接続できません。")
    page.unroute("**/api/webrtc/sound")
    expect_heard(page)


@pytest.mark.parametrize("size", [(360, 740), (844, 390), (1366, 768)])
def test_nothing_moves_as_its_state_changes(hearing: Callable[..., Page], size: tuple[int, int]) -> None:
    page = hearing(
        """window.shifts = [];
        new PerformanceObserver((list) => {
            for (const { value, sources } of list.getEntries()) {
                shifts.push([value, ...sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
            }
        }).observe({ type: "layout-shift", buffered: true });""",
        viewport={"width": size[0], "height": size[1]},
    )
    sound(page).to_have_text(OFF)
    place = page.locator("#photo").bounding_box()
    page.locator("#sound").dispatch_event("click")  # a press would be counted as the cause of what moves
    expect_heard(page)
    page.locator("#sound").dispatch_event("click")
    sound(page).to_have_text(OFF)
    assert page.locator("#photo").bounding_box() == place
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = page.locator("#sound").bounding_box()
    assert box is not None and box["x"] >= 0 and box["height"] >= 44 and box["height"] < 60
    assert sum(shift[0] for shift in page.evaluate("shifts")) < 0.01, page.evaluate("shifts")


def test_without_a_microphone_there_is_no_button(browser: Browser, tmp_path: Path, new_page: NewPage) -> None:
    with DemoSystem(tmp_path) as system:
        put_microphone(system, "")
        page = new_page(base_url=system.url)
        come(page)
        page.wait_for_selector("#photo")
        assert page.locator("#sound, #microphone, #volume").count() == 0
        assert page.evaluate("petcam.client.call.sound") is None  # its offer is as ever
        page.keyboard.press("m")  # does nothing, and is in no list
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_role("dialog")).not_to_contain_text("音声")


@pytest.mark.needs_python("backend")
def test_with_the_python_backend_it_says_what_to_do(browser: Browser, tmp_path: Path, new_page: NewPage) -> None:
    pytest.importorskip("aiortc")
    with DemoSystem(tmp_path) as system:
        put_microphone(system, backend="python")
        page = new_page(base_url=system.url, locale="en-US")
        come(page)
        sound(page).to_have_text("No sound")
        sound(page).to_have_attribute("title", "To hear the room, set webrtc.backend to go in petcam.yaml.")


# The page's own leading of sound and picture, without a browser's buffers: what it hears of both, and what it asks for.
LEAD = """async ({ ahead, held, canWaitLess, forSound }) => {
    const { Lips } = await import("/static/live/lips.js");
    let played = 0;
    const told = [];
    const call = { setSoundDelay: (ms) => told.push(Math.round(ms)) };
    const audio = { type: "inbound-rtp", kind: "audio", estimatedPlayoutTimestamp: 10_000 + ahead };
    const video = { type: "inbound-rtp", kind: "video", estimatedPlayoutTimestamp: 10_000 };
    const buffered = () => ({ jitterBufferDelay: played++ * 48, jitterBufferEmittedCount: played * 960 });
    const stats = async () => [{ ...audio, ...buffered() }, video];
    const delay = { held, canWaitLess };
    const lips = new Lips({ call, stats }, delay);
    lips.start();
    delay.forSound = forSound;
    await new Promise((over) => setTimeout(over, 1500));
    const found = [Math.round(delay.forSound), told];
    lips.close();
    return [...found, delay.forSound];
}"""


@pytest.mark.parametrize(
    ("ahead", "can_wait_less", "for_sound", "waits"),
    [
        (32, True, 50, []),  # in step: nothing is stirred
        (-8, False, 80, []),  # sound is late: the picture waits longer
        (72, True, 40, []),  # sound is ahead: the picture waits less
        (72, False, 50, [70]),  # where it does not wait for sound: sound waits
        (1024, False, 50, [110]),  # in steps that a browser can follow
    ],
)
def test_whichever_is_ahead_is_led_to_the_other(
    modules: Page, ahead: int, can_wait_less: bool, for_sound: int, waits: list[int]
) -> None:
    begun = {"ahead": ahead, "held": 60, "canWaitLess": can_wait_less, "forSound": 50}
    assert modules.evaluate(LEAD, begun) == [for_sound, waits, 0]
