"""The picture in a small window above all others, and a screen that stays on."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem

LIVE = "#camera[data-video=live]"
SEE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def press(page: Page, name: str) -> None:
    page.locator("#choices").click()
    page.get_by_role("button", name=name).click()


def test_it_has_the_boxes_and_says_when_the_picture_is_lost_though_the_page_is_not_seen(
    shared: Page, system: DemoSystem
) -> None:
    with shared.context.expect_page() as opened:
        press(shared, "小窓で表示")
    small = opened.value
    small.wait_for_function(
        """() => {
            const canvas = document.querySelector("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width || 1, canvas.height || 1);
            return document.querySelector("video").videoWidth > 100 && data.some((value, i) => i % 4 === 3 && value);
        }"""
    )
    expect(small.locator(".picture")).to_have_css("background-color", "rgb(0, 0, 0)")  # its style is allowed
    assert shared.locator(LIVE).count() == 1, "the page keeps its picture"
    shared.evaluate(SEE, True)
    with system.without("feed"):
        expect(small.locator(".notice-title")).to_have_text("カメラの映像が止まっています")
        expect(small.locator(".notice")).to_be_visible()
    expect(small.locator("main[data-video=live]")).to_be_visible()
    assert shared.evaluate("petcam.detections.connected"), "for the boxes of the window"
    press(shared, "小窓を閉じる")
    shared.wait_for_function("() => documentPictureInPicture.window === null && !petcam.detections.connected")
    shared.evaluate(SEE, False)
    shared.wait_for_selector(LIVE)


STUBS = {
    "video": """prototype.requestPictureInPicture = async function () {
            if (this.disablePictureInPicture) throw new DOMException("no");
            inside = this;
        };
        define(document, "pictureInPictureEnabled", () => true);
        define(document, "pictureInPictureElement", () => inside);
        document.exitPictureInPicture = async () => {
            const left = inside;
            inside = null;
            left.dispatchEvent(new Event("leavepictureinpicture"));
        };""",
    "webkit": """prototype.webkitSupportsPresentationMode = (mode) => mode === "picture-in-picture";
        prototype.webkitSetPresentationMode = function (mode) { this.webkitPresentationMode = mode; };""",
    "none": "",
}
ELSEWHERE = """async () => {
    delete window.documentPictureInPicture;
    let inside = null;
    const { prototype } = HTMLVideoElement;
    const define = (object, name, get) => Object.defineProperty(object, name, { configurable: true, get });
    delete prototype.requestPictureInPicture;
    delete prototype.webkitSupportsPresentationMode;
    %s
    const { isSmall, smallWindow } = await import("/static/live/small_window.js");
    const { PictureInPicture } = await import("/static/live/picture_in_picture.js");
    const video = Object.assign(document.createElement("video"), { disablePictureInPicture: true });
    const way = smallWindow(video);
    if (!way) return [way];
    const tool = new PictureInPicture({ client: { video } }, () => {});
    const seen = [isSmall(video)];
    for (const _ of [1, 2]) {
        await tool.toggle();
        seen.push(isSmall(video));
    }
    return [way, seen, video.disablePictureInPicture];
}"""


@pytest.mark.parametrize("way", STUBS)
def test_it_is_the_videos_own_where_pages_have_none(modules: Page, system: DemoSystem, way: str) -> None:
    modules.goto(f"{system.url}healthz")  # with the browser's own again
    found = modules.evaluate(ELSEWHERE % STUBS[way])
    assert found == ([None] if way == "none" else [way, [False, True, False], way == "video"])


def test_there_is_nothing_to_press_where_there_is_no_such_window(shared: Page) -> None:
    shared.evaluate(
        """() => {
            window.own = [documentPictureInPicture, HTMLVideoElement.prototype.requestPictureInPicture];
            delete window.documentPictureInPicture;
            delete HTMLVideoElement.prototype.requestPictureInPicture;
        }"""
    )
    shared.locator("#choices").click()
    expect(shared.locator("#show-figures")).to_be_visible()
    expect(shared.locator("#small-window")).to_be_hidden()
    shared.keyboard.press("Escape")
    shared.evaluate("() => [window.documentPictureInPicture, HTMLVideoElement.prototype.requestPictureInPicture] = own")


def test_the_screen_stays_on_while_live_is_in_front(shared: Page) -> None:
    """The page's own wish; what the browser makes of it is the next test's."""
    found = shared.evaluate(
        """async () => {
            while (!petcamModules["live/wake_lock.js"]) await new Promise((next) => setTimeout(next, 20));
            const { prototype } = petcamModules["live/wake_lock.js"].WakeLock;
            const { hold } = prototype;
            const wishes = [];
            prototype.hold = function (held) { wishes.push(held); hold.call(this, held); };
            for (const state of ["live", "waiting", "live"]) {
                Object.defineProperty(petcam.fallback, "state", { configurable: true, value: state });
                petcam.fallback.dispatchEvent(new Event("statechange"));
                await new Promise((settled) => setTimeout(settled));
            }
            delete petcam.fallback.state;
            Object.assign(prototype, { hold });
            return wishes;
        }"""
    )
    assert found == [True, False, True]


def test_the_lock_is_asked_for_again_when_the_page_is_seen_again(modules: Page) -> None:
    found = modules.evaluate(
        """async () => {
            const locks = [];
            let refuses = false;
            const request = async () => {
                if (refuses) throw new DOMException("the battery is low", "NotAllowedError");
                const lock = { released: false, async release() { this.released = true; } };
                locks.push(lock);
                return lock;
            };
            Object.defineProperty(navigator, "wakeLock", { configurable: true, value: { request } });
            const { WakeLock } = await import("/static/live/wake_lock.js");
            const lock = new WakeLock();
            const held = [];
            const look = async () => {
                await new Promise((settled) => setTimeout(settled));
                held.push(locks.filter(({ released }) => !released).length);
            };
            const setHidden = (hidden) => {
                Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
                document.dispatchEvent(new Event("visibilitychange"));
            };
            for (const act of [
                () => lock.hold(true),
                () => setHidden(true),
                () => setHidden(false),
                () => lock.hold(false),
                () => { refuses = true; lock.hold(true); },
                () => { refuses = false; setHidden(false); },
            ]) {
                act();
                await look();
            }
            delete navigator.wakeLock;
            delete document.hidden;
            return held;
        }"""
    )
    assert found == [1, 0, 1, 0, 0, 1]
