"""A photo of the picture that is on the screen."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Download, Page, expect

av = pytest.importorskip("av")

LIVE = "#camera[data-video=live]"
PHOTOS = 50  # until one shows a box
GREEN = (126, 226, 168)  # the line around a box


def photo(page: Page) -> tuple[Download, Any]:
    """Taken by the key: the download and its pixels."""
    with page.expect_download() as waiting:
        page.keyboard.press("p")
    path = waiting.value.path()
    with av.open(io.BytesIO(Path(path).read_bytes())) as jpeg:
        return waiting.value, next(jpeg.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def green(pixels: Any) -> int:
    return int(np.count_nonzero((abs(pixels - GREEN) < 12).all(2)))


def test_a_photo_is_as_large_as_the_video_and_named_by_camera_and_time(shared: Page) -> None:
    download, pixels = photo(shared)
    name = download.suggested_filename
    assert name.startswith("petcam_") and name.endswith(".jpg")
    digits = name.removeprefix("petcam_").removesuffix(".jpg")
    assert len(digits) == len("20261127-021905") and digits.replace("-", "").isdigit()
    size = shared.evaluate("[petcam.client.video.videoHeight, petcam.client.video.videoWidth]")
    assert list(pixels.shape[:2]) == size and size[1] > 700, "more than the screen has"
    expect(shared.locator("#toast")).to_have_text(f"写真を保存しました：{name}")


def test_a_photo_has_the_boxes_where_that_was_chosen(shared: Page) -> None:
    shared.wait_for_function("() => petcam.overlay.state.detections.length > 0")
    _, without = photo(shared)
    shared.locator("#choices").click()
    shared.get_by_label("写真にも入れる").check()
    assert shared.evaluate("localStorage.getItem('petcam.photo')") == "boxes"
    shared.keyboard.press("Escape")
    for _ in range(PHOTOS):  # the boxes of a late detector are pale, and a pet may just leave
        _, with_boxes = photo(shared)
        if green(with_boxes) > green(without) + 100:
            break
    assert green(with_boxes) > green(without) + 100
    shared.locator("#choices").click()
    shared.get_by_label("写真にも入れる").uncheck()
    assert shared.evaluate("petcam.choices.get('photo')") == "plain"
    shared.keyboard.press("Escape")


@pytest.mark.needs_python("pictures")
def test_a_photo_by_mjpeg_has_the_cameras_resolution(shared: Page) -> None:
    wanted = shared.evaluate("[petcam.client.video.videoHeight, petcam.client.video.videoWidth]")
    shared.evaluate("petcam.choices.set('picture', 'mjpeg')")
    shared.wait_for_selector(LIVE + "[data-way=mjpeg]")
    try:
        assert shared.evaluate("petcam.view.width") < wanted[1]
        _, pixels = photo(shared)
        assert list(pixels.shape[:2]) == wanted
        shared.route("**/snapshot.jpg*", lambda route: route.abort())
        _, pixels = photo(shared)
        assert pixels.shape[1] == shared.evaluate("petcam.view.width"), "what is seen, where the server gives none"
    finally:
        shared.unroute("**/snapshot.jpg*")
        shared.evaluate("petcam.choices.set('picture', 'auto')")
        shared.wait_for_selector(LIVE + "[data-way=webrtc]")


@pytest.mark.parametrize(("stretch", "across", "down"), [("1.5", 1.5, 1), ("0.5", 1, 2)])
def test_the_pixels_of_a_photo_are_square(shared: Page, stretch: str, across: float, down: float) -> None:
    photo(shared)  # its module is there then
    found = shared.evaluate(
        """async (stretch) => {
            const { Photo } = petcamModules["live/photo.js"];
            const video = petcam.client.video.cloneNode();
            Object.assign(video, { srcObject: petcam.client.video.srcObject, muted: true });
            await video.play();
            await new Promise((seen) => video.requestVideoFrameCallback(seen));
            video.style.setProperty("--stretch", stretch);
            let shared;
            const share = ({ files }) => void (shared = files[0]);
            Object.assign(navigator, { canShare: () => true, share });
            const asked = matchMedia;
            window.matchMedia = () => ({ matches: true });
            const { choices, fallback, messages, overlay } = petcam;
            await new Photo({ choices, fallback, messages, overlay, client: { video } }, () => {}).take();
            window.matchMedia = asked;
            delete navigator.canShare;
            delete navigator.share;
            const { width, height } = await createImageBitmap(shared);
            return [width / video.videoWidth, height / video.videoHeight];
        }""",
        stretch,
    )
    assert found == pytest.approx([across, down], abs=0.01)


def test_a_photo_goes_to_the_share_sheet_of_a_phone(shared: Page) -> None:
    shared.evaluate(
        """() => {
            window.shared = [];
            const asked = matchMedia;
            window.matchMedia = (query) => query === "(pointer: coarse)" ? { matches: coarse } : asked(query);
            window.coarse = true;
            navigator.canShare = ({ files }) => files.length === 1;
            navigator.share = async ({ files }) => void shared.push([files[0].name, files[0].type]);
        }"""
    )
    button, toast = shared.get_by_role("button", name="写真を撮る"), shared.locator("#toast")
    button.click()
    expect(toast).to_have_text("写真を共有しました")
    [[name, kind]] = shared.evaluate("shared")
    assert name.startswith("petcam_") and kind == "image/jpeg"
    shared.evaluate("() => void (navigator.share = async () => { throw new DOMException('no', 'AbortError'); })")
    button.click()
    expect(toast).to_contain_text("写真を保存していません。")
    with shared.expect_download() as kept:
        toast.get_by_role("link", name="保存する").click()
    assert kept.value.suggested_filename.startswith("petcam_")
    shared.evaluate("() => void (navigator.share = async () => { throw new DOMException('', 'NotAllowedError'); })")
    with shared.expect_download():
        button.click()
    expect(toast).to_contain_text("写真を保存しました")
    shared.evaluate("() => { window.coarse = false; navigator.share = async () => void shared.push('?'); }")
    with shared.expect_download():
        button.click()
    assert len(shared.evaluate("shared")) == 1, "not on a desktop"
    shared.evaluate("delete navigator.canShare, delete navigator.share")


def test_no_photo_is_taken_of_a_picture_that_is_lost(shared: Page) -> None:
    shared.evaluate("Object.defineProperty(petcam.fallback, 'state', { configurable: true, value: 'reconnecting' })")
    shared.keyboard.press("p")
    expect(shared.locator("#toast")).to_have_text("保存できる映像がありません。")
    shared.evaluate("delete petcam.fallback.state")
