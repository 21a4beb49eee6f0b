"""The page of recordings, with real ones on the disk."""

import gzip
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
CARD = ".card[data-state=complete]"
SECONDS_TO_1970 = 2_082_844_800  # from 1904, where the times of an MP4 begin


@pytest.fixture
def folder(system: DemoSystem, new_page: NewPage) -> Iterator[Path]:
    """Three recordings of today, one of yesterday; nothing is being recorded, before and after."""
    request, folder = new_page(base_url=system.url).request, system.directory / "recordings"
    request.post("/api/recording/stop")
    while not request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    made = request.post("/api/recording/stop").json()["filename"]
    midnight = datetime.now().replace(hour=0, minute=0, second=0)
    film = shutil.move(folder / made, system.directory / "film.mp4")
    for file in folder.iterdir():
        file.unlink()
    for minutes in (3, 2, 1, -60):
        copy_film(film, folder, midnight + timedelta(minutes=minutes))
    yield folder
    request.post("/api/recording/stop")


def copy_film(film: Path, folder: Path, start: datetime) -> None:
    """As if it had been recorded then: its name, the time in the file, and that of its end."""
    file, content = folder / f"petcam_{start:%Y%m%d-%H%M%S}.mp4", bytearray(film.read_bytes())
    created = content.rindex(b"mvhd") + 8  # behind the type, version and flags
    content[created : created + 8] = (int(start.timestamp()) + SECONDS_TO_1970).to_bytes(8, "big")
    file.write_bytes(content)
    os.utime(file, (start.timestamp() + 1, start.timestamp() + 1))


@pytest.fixture
def page(system: DemoSystem, folder: Path, new_page: NewPage) -> Page:
    return open_page(new_page(base_url=system.url))


def open_page(page: Page) -> Page:
    page.goto("/recordings")
    page.wait_for_selector(CARD)
    return page


def hide_disk(page: Page) -> None:
    """Has the page get the answers of a board whose disk for recordings is missing, until ``page.unroute_all()``."""
    reason = {"recording_reason": "Disk not mounted"}
    status = {"recording": False, "filename": "", "frame_count": 0, "bytes_written": 0, "duration": 0.0}
    status |= {"error": "mount it", "reason": "Disk not mounted"}
    page.route("**/api/go/health", lambda route: route.fulfill(json={**route.fetch().json(), **reason}))
    page.route("**/api/recording/status", lambda route: route.fulfill(json=status))
    page.route("**/api/recordings?*", lambda route: route.fulfill(status=503, json={"error": "Disk not mounted"}))


def shown(page: Page) -> list[str | None]:
    return [card.get_attribute("data-name") for card in page.locator(".card").all()]


def video_of(card: Locator) -> Locator:
    return card.locator("video[controls]")


def test_recordings_are_listed_by_day_with_their_pictures(page: Page, folder: Path) -> None:
    assert shown(page) == sorted(os.listdir(folder), reverse=True)
    expect(page.locator(".day")).to_have_count(2)
    expect(page.locator(".day h3").nth(0)).to_have_text(re.compile(r"^今日 · \d+年\d+月\d+日（[日月火水木金土]）$"))
    expect(page.locator(".day h3").nth(1)).to_contain_text("昨日")
    expect(page.locator(CARD).first.locator(".data")).to_have_text(re.compile(r"^\d+\.\d MB · [\d,]+ フレーム$"))
    expect(page.locator("#space")).to_have_text(re.compile(r"^4 件・使用 [\d.]+ MB・空き [\d.]+ .B$"))
    for image in page.locator(".thumb img").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => image.naturalWidth") == 320


def test_a_file_whose_time_is_another_days_hides_none_of_its_day(
    system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    """As a copy has it. What ended last comes first."""
    yesterdays, *_, last = sorted(folder.iterdir())
    os.utime(yesterdays, (last.stat().st_mtime - 30, last.stat().st_mtime - 30))
    page = open_page(new_page(base_url=system.url))
    expect(page.locator(".day")).to_have_count(2)
    expect(page.locator(".day").nth(0).locator(".card")).to_have_count(3)
    expect(page.locator(".day").nth(1).locator(".card")).to_have_count(1)


def test_a_recording_plays_and_seeks_in_its_place_and_one_at_a_time(page: Page) -> None:
    first, second = page.locator(CARD).nth(0), page.locator(CARD).nth(1)
    first.get_by_role("button", name="を再生").click()
    reached = video_of(first).evaluate(
        """video => new Promise((resolve, reject) => {
            video.onerror = () => reject(video.error.message);
            video.onseeked = () => resolve([video.currentTime, video.duration, video.videoWidth]);
            const seek = () => { video.currentTime = video.duration / 2; };
            video.readyState ? seek() : video.onloadedmetadata = seek;
        })"""
    )
    assert reached[0] == pytest.approx(reached[1] / 2, abs=0.1) and reached[2] == 1280
    second.get_by_role("button", name="を再生").click()
    expect(video_of(second)).to_be_visible()
    expect(video_of(first)).to_have_count(0)
    second.get_by_role("button", name="を閉じる").click()
    expect(page.locator("video[controls]")).to_have_count(0)


def test_without_thumbnails_the_browser_shows_a_frame(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    def without(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "thumbnails": False})

    page = new_page(base_url=system.url)
    page.route("**/api/recordings?*", without)
    open_page(page)
    page.wait_for_function("() => document.querySelector('.thumb video').readyState >= 2")
    assert page.locator(".thumb img").count() == 0


def test_a_pinned_recording_is_kept_and_has_no_delete(page: Page, folder: Path) -> None:
    card = page.locator(CARD).first
    name = card.get_attribute("data-name")
    pin = card.get_by_role("button", name="を保護")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(card.get_by_role("button", name="を削除")).to_be_hidden()
    assert (folder / f"{name}.pin").exists()
    page.reload()
    expect(pin).to_have_attribute("aria-pressed", "true")
    pin.click()
    expect(card.get_by_role("button", name="を削除")).to_be_visible()
    assert not (folder / f"{name}.pin").exists()


def test_deleting_asks_first_and_is_seen_in_another_tab(
    page: Page, system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    second = open_page(new_page(base_url=system.url, locale="en-US"))
    card = page.locator(CARD).nth(1)
    name = str(card.get_attribute("data-name"))
    page.locator(CARD).nth(0).get_by_role("button", name="を再生").click()
    card.get_by_role("button", name="を削除").click()
    expect(page.get_by_role("button", name="やめる")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.get_by_role("button", name="を削除")).to_be_focused()
    assert (folder / name).exists()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="削除する").click()
    expect(page.locator(f".card[data-name='{name}']")).to_have_count(0)
    expect(page.locator("#notice")).to_have_text("録画を削除しました。")
    assert not (folder / name).exists()
    expect(page.locator("video[controls]")).to_have_count(1)  # what plays goes on
    there = second.locator(f".card[data-name='{name}']")
    if there.count():  # it looks every ten seconds
        there.get_by_role("button", name="Delete the").click()
        second.get_by_role("button", name="Delete", exact=True).click()
        expect(second.locator("#notice")).to_have_text("This recording is no longer there.")
    expect(there).to_have_count(0)


def test_what_another_tab_records_is_shown_live_and_can_be_stopped_here(
    page: Page, system: DemoSystem, new_page: NewPage
) -> None:
    live = new_page(base_url=system.url)
    live.goto("/")
    live.click("#start-recording")
    expect(page.locator("#recording-status")).to_have_text("● 録画中")
    expect(page.locator("#start-recording")).to_be_disabled()
    growing = page.locator(".card[data-state=recording]")
    expect(growing).to_have_count(1)
    expect(growing.locator(".length")).to_have_text("● 録画中")
    page.click("#stop-recording")
    expect(growing).to_have_count(0)
    expect(page.locator(CARD)).to_have_count(5)
    expect(live.locator("#recording-status")).to_have_text("○ 録画：停止中")
    expect(live.locator("#recordings li")).to_have_count(5)


def test_more_recordings_are_shown_when_they_are_asked_for(page: Page, folder: Path) -> None:
    film = next(folder.glob("*.mp4"))
    for minute in range(30):
        os.link(film, folder / f"petcam_20250101-00{minute:02}00.mp4")
    page.reload()
    expect(page.locator(CARD)).to_have_count(24)
    page.get_by_role("button", name="さらに表示").click()
    expect(page.locator(CARD)).to_have_count(34)
    expect(page.get_by_role("button", name="さらに表示")).to_be_hidden()


def test_it_says_why_a_recording_ended(page: Page) -> None:
    status = {"recording": False, "filename": "x.mp4", "frame_count": 1, "bytes_written": 1, "duration": 1.0}
    page.route(
        "**/api/recording/status",
        lambda route: route.fulfill(json={**status, "error": "The disk is full", "reason": "Disk full"}),
    )
    page.reload()
    expect(page.locator("#recording-file")).to_have_text(re.compile("ディスクがいっぱいです"))


def test_a_missing_disk_is_said_instead_of_a_list_until_it_is_back(page: Page) -> None:
    hide_disk(page)
    expect(page.locator("#notice")).to_have_text(re.compile("ディスクが見つからないため、録画を表示できません"))
    expect(page.locator("#recording-file")).to_have_text(re.compile("録画用のディスクが見つからないか"))
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("#space")).to_have_text("")
    expect(page.locator("#space-bar")).to_be_hidden()
    page.unroute_all()
    expect(page.locator(CARD)).to_have_count(4)
    expect(page.locator("#notice")).to_have_text("")


def test_the_live_page_says_that_the_disk_is_missing_until_it_is_back(
    system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    page = new_page(base_url=system.url)
    hide_disk(page)
    page.goto("/")
    expect(page.locator("#recordings")).to_have_text("録画用のディスクが見つかりません。")
    expect(page.locator("#recording-file")).to_have_text(re.compile("録画用のディスクが見つからないか"))
    page.unroute_all()
    expect(page.locator("#recordings .download")).to_have_count(4)
    expect(page.locator("#recording-file")).not_to_have_class(re.compile("trouble"))


def test_who_may_only_look_has_nothing_to_change(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    def for_viewers(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-may-change="yes"', 'data-may-change="no"'))

    page = new_page(base_url=system.url)
    page.route("**/recordings", for_viewers)
    open_page(page)
    expect(page.locator(".keep").first).to_be_visible()
    for hidden in (".pin", ".delete", "#start-recording", "#stop-recording"):
        expect(page.locator(hidden).first).to_be_hidden()


@pytest.mark.parametrize(
    ("locale", "size"),
    [
        ("ja-JP", (360, 640)),
        ("en-US", (390, 844)),
        ("ja-JP", (844, 390)),
        ("en-US", (844, 390)),
        ("en-US", (1280, 800)),
    ],
)
def test_everything_fits_and_can_be_pressed(
    system: DemoSystem, folder: Path, new_page: NewPage, locale: str, size: tuple[int, int]
) -> None:
    page = open_page(new_page(base_url=system.url, locale=locale, viewport={"width": size[0], "height": size[1]}))
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for target in page.locator("button:visible, a:visible").all():
        box = target.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 44, target.evaluate("node => node.outerHTML")
        assert target.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), target.inner_text()
        assert target.evaluate("node => node.innerText.trim() || node.getAttribute('aria-label')")


def test_the_page_weighs_less_than_50_kb_compressed(page: Page) -> None:
    urls = page.evaluate(
        """[location.href, ...performance.getEntriesByType("resource").map(({ name }) => name)
            .filter((name) => name.includes("/static/"))]"""
    )
    assert len(urls) > 10
    assert sum(len(gzip.compress(page.request.get(url).body())) for url in urls) < 50_000
