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
from tests.unit.web.mp4_file import write_mp4

NewPage = Callable[..., Page]
CARD = ".card[data-state=complete]"
LISTS = re.compile(r"/api/recordings(/days)?\?")
SECONDS_TO_1970 = 2_082_844_800  # from 1904, where the times of an MP4 begin


@pytest.fixture
def folder(system: DemoSystem, new_page: NewPage) -> Iterator[Path]:
    """Three recordings of today, one of yesterday; nothing is being recorded, before and after."""
    request, folder = new_page(base_url=system.url).request, system.directory / "recordings"
    request.post("/api/recording/stop")
    film = system.directory / "film.mp4"
    if not film.exists():
        while not request.post("/api/recording/start").ok:
            pass  # the camera is just coming up
        shutil.move(folder / request.post("/api/recording/stop").json()["filename"], film)
    for file in folder.iterdir():
        file.unlink()
    midnight = datetime.now().replace(hour=0, minute=0, second=0)
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
    page.route(LISTS, lambda route: route.fulfill(status=503, json={"error": "Disk not mounted"}))


def shown(page: Page) -> list[str]:
    return page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.name)")


def play(page: Page, number: int) -> Locator:
    """The player, with the recording of that card."""
    page.locator(f"{CARD} .open").nth(number).click()
    expect(page.locator(".player")).to_be_visible()
    return page.locator(".player")


def wait_until_gone(file: Path) -> None:
    """A page that is left cannot say when."""
    while file.exists():
        pass


def test_recordings_are_listed_by_day_with_their_pictures(page: Page, folder: Path) -> None:
    assert shown(page) == sorted(os.listdir(folder), reverse=True)
    expect(page.locator(".day")).to_have_count(2)
    expect(page.locator(".day h3").nth(0)).to_have_text(re.compile(r"^今日 · \d+月\d+日（[日月火水木金土]）$"))
    expect(page.locator(".day h3").nth(1)).to_contain_text("昨日")
    expect(page.locator("#space")).to_have_text(re.compile(r"^4 件・使用 [\d.]+ MB・空き [\d.]+ .B$"))
    expect(page.locator(".thumb img")).to_have_count(4)
    for image in page.locator(".thumb img").all():
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


def test_a_card_says_its_day_to_those_who_do_not_see_under_which_heading_it_is(page: Page) -> None:
    now = datetime.now()
    label = page.locator(f"{CARD} .open").first.get_attribute("aria-label")
    assert label is not None and f"{now.month}月{now.day}日" in label and "0:0" in label


def test_days_are_the_cameras_also_for_who_is_far_away(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    page = open_page(new_page(base_url=system.url, timezone_id="Pacific/Kiritimati"))
    expect(page.locator(".day h3").nth(0)).to_contain_text("今日")
    expect(page.locator(".day").nth(0).locator(".card")).to_have_count(3)
    assert page.locator(".time").all_inner_texts() == ["00:03", "00:02", "00:01", "23:00"]


def test_a_recording_plays_and_seeks_over_the_page_and_one_at_a_time(page: Page) -> None:
    player = play(page, 0)
    reached = player.locator("video").evaluate(
        """video => new Promise((resolve, reject) => {
            video.onerror = () => reject(video.error.message);
            video.onseeked = () => resolve([video.currentTime, video.duration, video.videoWidth]);
            const seek = () => { video.currentTime = video.duration / 2; };
            video.readyState ? seek() : video.onloadedmetadata = seek;
        })"""
    )
    assert reached[0] == pytest.approx(reached[1] / 2, abs=0.1) and reached[2] == 1280
    assert page.locator("main").evaluate("main => main.inert")
    player.get_by_role("button", name="古い録画へ").click()
    expect(player.locator("video")).to_have_attribute("src", re.compile("-000200"))
    expect(page.locator("video")).to_have_count(1)
    expect(player.get_by_role("button", name="新しい録画へ")).to_be_enabled()
    player.get_by_role("button", name="閉じる").click()
    expect(page.locator("video")).to_have_count(0)
    expect(page.locator(f"{CARD} .open").nth(1)).to_be_focused()
    assert not page.locator("main").evaluate("main => main.inert")


def test_the_player_is_worked_by_keys(page: Page) -> None:
    player = play(page, 0)
    video = player.locator("video")
    page.keyboard.press("ArrowRight")
    expect(video).to_have_attribute("src", re.compile("-000200"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(video).to_have_attribute("src", re.compile("-230000"))  # of the day before
    expect(player.get_by_role("button", name="古い録画へ")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(video).to_have_attribute("src", re.compile("-000100"))
    video.evaluate("video => video.loop = true")
    video.evaluate("video => video.play()")
    for key, paused in (("k", True), (" ", False), (" ", True), ("k", False)):
        page.keyboard.press(key)
        expect(video).to_have_js_property("paused", paused)
    page.keyboard.press("s")
    expect(player.locator(".pin")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Delete")  # it is kept
    page.keyboard.press("s")
    expect(player.locator(".delete")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".player")).to_have_count(0)
    expect(page.locator(f"{CARD} .open").nth(2)).to_be_focused()
    assert len(shown(page)) == 4


def test_turning_the_phone_leaves_the_player_where_it_is(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    page = open_page(new_page(base_url=system.url, viewport={"width": 390, "height": 844}))
    player = play(page, 3)
    for size in ((844, 390), (390, 844)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert player.bounding_box() == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
        video = player.locator("video").bounding_box()
        assert video is not None and video["width"] * video["height"] > 0.7 * size[0] * size[1]


def test_the_way_back_closes_the_player_and_an_address_opens_it(page: Page) -> None:
    player = play(page, 1)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"/recordings#petcam_\d+-000100\.mp4$"))
    page.reload()
    expect(player.locator("video")).to_have_attribute("src", re.compile("-000100"))
    page.keyboard.press("Escape")
    expect(player).to_have_count(0)
    expect(page).to_have_url(re.compile("/recordings$"))
    play(page, 0)
    page.go_back()
    expect(player).to_have_count(0)
    expect(page).to_have_url(re.compile("/recordings$"))
    expect(page.locator(f"{CARD} .open").first).to_be_focused()


def test_without_thumbnails_the_browser_makes_them(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    def without(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "thumbnails": False})

    page = new_page(base_url=system.url)
    page.route("**/api/recordings/days?*", without)
    page.route("**/thumbnail.jpg", lambda route: route.abort())
    open_page(page)
    expect(page.locator(".thumb img")).to_have_count(4)
    assert page.locator(".thumb img").first.evaluate("async image => (await image.decode(), image.naturalWidth)") == 320
    expect(page.locator("video")).to_have_count(0)


@pytest.mark.needs_python("thumbnails")
def test_only_so_many_thumbnails_are_asked_for_at_once(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    film = next(folder.glob("*.mp4"))
    for second in range(10):
        os.link(film, folder / f"petcam_20250101-0000{second:02}.mp4")
    waiting: list[Route] = []
    page = new_page(base_url=system.url)
    page.route("**/thumbnail.jpg", lambda route: waiting.append(route))
    open_page(page)
    asked = 0
    while asked < 14:
        while not waiting:
            page.wait_for_timeout(20)  # lets the route be heard
        assert len(waiting) <= 3
        asked += 1
        waiting.pop(0).continue_()
    expect(page.locator(".thumb img")).to_have_count(14)


@pytest.mark.needs_python("thumbnails")
def test_a_server_that_has_other_thumbnails_to_make_is_asked_again(
    system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if route.request.url in refused:
            return route.continue_()
        refused.append(route.request.url)
        route.fulfill(status=503, json={"error": "Too many clients"})

    page = new_page(base_url=system.url)
    page.route("**/thumbnail.jpg", refuse_once)
    page.route(re.compile(r"\.mp4$"), lambda route: route.abort())  # so the browser cannot make them
    open_page(page)
    expect(page.locator(".thumb img")).to_have_count(4)
    assert len(refused) == 4


def test_cards_have_the_shape_of_the_cameras_pictures(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    now = datetime.now()
    upright = folder / f"petcam_{now:%Y%m%d-%H%M%S}.mp4"
    write_mp4(upright, frames=5, created=int(now.timestamp()), size=(90, 160))
    page = open_page(new_page(base_url=system.url, viewport={"width": 390, "height": 844}))
    box = page.locator(CARD).first.bounding_box()
    assert box is not None and box["width"] / box["height"] == pytest.approx(9 / 16, abs=0.02)
    assert box["width"] < 100
    play(page, 0)
    shape = page.locator(".player video").evaluate(
        """video => new Promise((resolve) => {
            const tell = () => resolve([video.videoWidth, video.videoHeight, getComputedStyle(video).objectFit]);
            video.readyState ? tell() : video.onloadedmetadata = tell;
        })"""
    )
    assert shape == [90, 160, "contain"]


def test_a_pinned_recording_is_kept_and_has_no_delete(page: Page, folder: Path) -> None:
    player = play(page, 0)
    name = page.locator(CARD).first.get_attribute("data-name")
    pin = player.get_by_role("button", name="を保護")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(player.get_by_role("button", name="を削除")).to_be_hidden()
    assert (folder / f"{name}.pin").exists()
    page.reload()
    expect(page.locator(f"{CARD}.pinned")).to_have_count(1)
    expect(pin).to_have_attribute("aria-pressed", "true")
    pin.click()
    expect(player.get_by_role("button", name="を削除")).to_be_visible()
    expect(page.locator(f"{CARD}.pinned")).to_have_count(0)
    assert not (folder / f"{name}.pin").exists()


def test_what_is_deleted_can_be_had_back_for_a_while_and_the_next_card_has_the_focus(page: Page, folder: Path) -> None:
    page.clock.install()
    names = shown(page)
    cards, toast = page.locator(f"{CARD} .open"), page.locator(".undo-toast")
    cards.nth(1).focus()
    page.keyboard.press("Delete")
    expect(toast.locator("p")).to_have_text("録画を削除します")
    expect(page.locator(f".card[data-name='{names[2]}'] .open")).to_be_focused()
    page.keyboard.press("Delete")
    expect(toast.locator("p")).to_have_text("2 件の録画を削除します")
    expect(page.locator(f".card[data-name='{names[3]}'] .open")).to_be_focused()
    expect(page.locator(".card")).to_have_count(2)
    toast.get_by_role("button", name="元に戻す").click()
    page.mouse.move(0, 0)  # it waits for who is about to press it
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator(f".card[data-name='{names[1]}'] .open")).to_be_focused()
    assert len(list(folder.iterdir())) == 4
    cards.nth(3).focus()
    page.keyboard.press("Delete")  # the last one
    expect(page.locator(f".card[data-name='{names[2]}'] .open")).to_be_focused()
    page.keyboard.press("z")
    expect(page.locator(".card")).to_have_count(4)
    page.keyboard.press("Delete")
    expect(page.locator(".card")).to_have_count(3)
    page.clock.fast_forward(9000)
    expect(toast.locator("p")).to_have_text("録画を削除しました")
    expect(toast.get_by_role("button")).to_be_hidden()
    assert sorted(os.listdir(folder), reverse=True) == names[:3]


def test_what_was_announced_is_deleted_also_where_the_page_is_left(page: Page, folder: Path) -> None:
    first, second, *_ = shown(page)
    page.locator(f"{CARD} .open").first.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".card")).to_have_count(3)
    assert (folder / first).exists()
    page.goto("/healthz")
    wait_until_gone(folder / first)
    assert (folder / second).exists()


def test_deleting_in_the_player_goes_on_with_the_next_one(page: Page, folder: Path) -> None:
    names = shown(page)
    player = play(page, 2)
    player.get_by_role("button", name="を削除").click()
    expect(player.locator("video")).to_have_attribute("src", re.compile(names[3]))
    expect(page.locator(".card")).to_have_count(3)
    player.get_by_role("button", name="を削除").click()
    expect(player.locator("video")).to_have_attribute("src", re.compile(names[1]))
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    expect(player).to_have_count(0)
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("body")).not_to_be_focused()
    page.locator(".undo-toast").get_by_role("button").click()
    expect(page.locator(".card")).to_have_count(4)


def test_what_another_tab_deleted_is_said(page: Page, folder: Path) -> None:
    page.clock.install()
    card = page.locator(f"{CARD} .open").first
    card.focus()
    (folder / shown(page)[0]).unlink()
    page.keyboard.press("Delete")
    page.clock.fast_forward(9000)
    expect(page.locator(".undo-toast p")).to_have_text("この録画はもうありません。")
    expect(page.locator(".card")).to_have_count(3)


def test_many_are_chosen_kept_downloaded_and_deleted(page: Page, folder: Path) -> None:
    page.clock.install()
    names = shown(page)
    cards, chosen = page.locator(f"{CARD} .open"), page.locator("#chosen-count")
    page.locator("#choose").click()
    expect(page.locator("#chosen-done")).to_be_focused()
    expect(page.locator("#chosen-delete")).to_be_disabled()
    cards.nth(0).click()
    cards.nth(2).click(modifiers=["Shift"])
    expect(chosen).to_have_text("3 件を選択中")
    expect(cards.nth(1)).to_be_checked()
    cards.nth(1).press(" ")
    expect(cards.nth(1)).not_to_be_checked()
    page.locator(".day").nth(1).get_by_role("button", name="すべて選択").click()
    expect(chosen).to_have_text("3 件を選択中")
    expect(cards.nth(3)).to_be_checked()
    page.locator("#chosen-keep").click()
    expect(page.locator(f"{CARD}.pinned")).to_have_count(3)
    assert sorted(file.name for file in folder.glob("*.pin")) == sorted(f"{names[i]}.pin" for i in (0, 2, 3))
    page.locator("#chosen-delete").click()
    expect(page.locator(".undo-toast p")).to_have_text("保護中の録画と、録画中のものは削除できません。")
    page.locator("#chosen-free").click()
    expect(page.locator(f"{CARD}.pinned")).to_have_count(0)
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    page.locator("#chosen-download").click()
    for number in (1, 2, 3):
        expect(page.locator(".undo-toast p")).to_have_text(f"{number}/3 件目をダウンロードしています")
        page.clock.fast_forward(2000)
    while len(downloads) < 3:
        page.wait_for_timeout(20)  # lets the downloads be heard
    assert downloads == [names[0], names[2], names[3]]
    page.locator("#chosen-delete").click()
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator(".card")).to_have_count(1)
    expect(cards.first).to_be_focused()
    expect(cards.first).not_to_have_attribute("role", "checkbox")
    page.clock.fast_forward(9000)
    expect(page.locator(".undo-toast p")).to_have_text("3 件の録画を削除しました")
    assert os.listdir(folder) == [names[1]]


def test_only_those_that_are_asked_for_are_shown(page: Page, folder: Path) -> None:
    kept = shown(page)[1]
    (folder / f"{kept}.pin").touch()
    page.locator("#filter").select_option("保護中")
    expect(page.locator(".card")).to_have_count(1)
    assert shown(page) == [kept]
    page.locator("#filter").select_option("保護なし")
    expect(page.locator(".card")).to_have_count(3)
    (folder / f"{kept}.pin").unlink()
    page.locator("#filter").select_option("保護中")
    expect(page.locator("#notice")).to_have_text("この条件に合う録画はありません。")
    page.locator("#filter").select_option("すべて")
    expect(page.locator(".card")).to_have_count(4)


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


@pytest.fixture
def thousands(folder: Path) -> list[str]:
    """Besides the four, 2,000 of a hundred days, oldest first; no films."""
    names = []
    for number in range(2000):
        start = datetime(2025, 1, 1, 8) + timedelta(days=number // 20, minutes=number % 20)
        names.append(f"petcam_{start:%Y%m%d-%H%M%S}.mp4")
        (folder / names[-1]).touch()
        os.utime(folder / names[-1], (start.timestamp() + 30, start.timestamp() + 30))
    return names


def test_among_thousands_any_is_near_and_no_more_than_are_seen_are_on_the_page(
    system: DemoSystem, folder: Path, thousands: list[str], new_page: NewPage
) -> None:
    page = open_page(new_page(base_url=system.url, viewport={"width": 390, "height": 844}))
    expect(page.locator(".day")).to_have_count(102)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.locator("#calendar").click()
    page.get_by_role("combobox", name="月").select_option("2025年1月")
    first = page.get_by_role("button", name=re.compile("2025年1月1日.*20 件"))
    first.click()
    card = page.locator(".day[data-day='2025-01-01'] .card .open").first
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    expect(page.locator(".calendar")).to_be_hidden()
    page.keyboard.press("End")
    oldest = page.locator(f".card[data-name='{thousands[0]}'] .open")
    expect(oldest).to_be_focused()
    expect(oldest).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert page.locator(".card").count() < 300
    page.keyboard.press("Home")
    expect(page.locator(f"{CARD} .open").first).to_be_focused()
    expect(page.locator(f"{CARD} .open").first).to_be_in_viewport()
    expect(oldest).to_have_count(0)


def test_keys_go_from_card_to_card_over_days_that_were_not_there_yet(
    system: DemoSystem, folder: Path, thousands: list[str], new_page: NewPage
) -> None:
    page = open_page(new_page(base_url=system.url, viewport={"width": 390, "height": 844}))

    def at(name: str) -> None:
        expect(page.locator(f".card[data-name='{name}'] .open")).to_be_focused()

    page.locator("#choose").focus()
    page.keyboard.press("Tab")
    at(shown(page)[0])
    page.keyboard.press("End")
    at(thousands[0])
    page.keyboard.press("ArrowUp")  # three are side by side: of 20, two are in the last row
    at(thousands[3])
    page.keyboard.press("ArrowDown")
    at(thousands[0])
    for name in (thousands[1], thousands[2]):
        page.keyboard.press("ArrowLeft")
        at(name)
    page.keyboard.press("Home")
    at(shown(page)[0])
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    at(thousands[-1])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    at(thousands[-1])
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#choose")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(".calendar :focus")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")  # over the months without any
    expect(page.locator(".calendar [data-day='2025-04-10']")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#calendar")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(".calendar :focus")).to_be_visible()
    page.locator(".calendar .earlier").focus()
    for _ in range(4):  # to the first month, where there is none before
        page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="月")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".day .open:focus")).to_be_in_viewport()


def test_a_list_read_anew_leaves_the_focus_where_it_was(
    system: DemoSystem, folder: Path, page: Page, new_page: NewPage
) -> None:
    live = new_page(base_url=system.url)
    live.goto("/")
    newest = max(file.name for file in folder.iterdir())
    link = live.locator(f"#recordings a.when[href$='{newest}']")
    expect(link).to_be_visible()  # else it cannot have the focus: the list waits until it is known what comes above it
    link.focus()
    page.keyboard.press("c")
    today = page.locator(f".calendar [data-day='{datetime.now():%Y-%m-%d}']")
    expect(today).to_be_focused()
    expect(today).to_have_attribute("data-count", "3")
    live.request.post("/api/recording/start")
    expect(today).to_have_attribute("data-count", "4")
    expect(today).to_be_focused()
    expect(live.locator("#recording-status")).to_have_text("● 録画中")
    live.request.post("/api/recording/stop")
    expect(live.locator("#recordings .download")).to_have_count(5)
    expect(link).to_be_focused()


def test_what_is_seen_stays_in_sight_when_the_phone_is_turned(
    system: DemoSystem, folder: Path, thousands: list[str], new_page: NewPage
) -> None:
    page = open_page(new_page(base_url=system.url, viewport={"width": 390, "height": 844}))
    page.locator(".day[data-day='2025-02-01']").evaluate("day => day.scrollIntoView({ block: 'start' })")
    expect(page.locator(".day[data-day='2025-02-01'] .card").first).to_be_attached()
    for size in ((844, 390), (390, 844)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.locator(".day[data-day='2025-02-01']")).to_be_in_viewport()
        expect(page.locator(".day[data-day='2025-02-01'] .card").first).to_be_attached()


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
    expect(page.locator("#recording-note")).to_have_text(re.compile("録画用のディスクが見つからないか"))
    page.unroute_all()
    expect(page.locator("#recordings .download")).to_have_count(4)
    expect(page.locator("#recording-note")).not_to_have_class(re.compile("trouble"))


def test_who_may_only_look_has_nothing_to_change(system: DemoSystem, folder: Path, new_page: NewPage) -> None:
    def for_viewers(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-may-change="yes"', 'data-may-change="no"'))

    page = new_page(base_url=system.url)
    page.route("**/recordings", for_viewers)
    open_page(page)
    expect(page.locator("#current")).to_be_hidden()
    player = play(page, 0)
    expect(player.locator(".keep")).to_be_visible()
    for hidden in (".pin", ".delete"):
        expect(player.locator(hidden)).to_be_hidden()
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    page.locator("#choose").click()
    expect(page.locator("#chosen-download")).to_be_visible()
    for hidden in ("keep", "free", "delete"):
        expect(page.locator(f"#chosen-{hidden}")).to_be_hidden()
    page.request.post("/api/recording/start")
    expect(page.locator("#current")).to_be_visible()
    for hidden in ("#start-recording", "#stop-recording"):
        expect(page.locator(hidden)).to_be_hidden()
    assert len(list(folder.glob("*.mp4"))) == 4


def test_what_is_pressed_before_the_choosing_has_loaded_is_chosen(
    folder: Path, system: DemoSystem, new_page: NewPage
) -> None:
    page = open_page(new_page(base_url=system.url))
    held: list[Route] = []
    page.route("**/selection.js*", lambda route: held.append(route))
    with page.expect_request("**/selection.js*"):
        page.locator("#choose").click()
    for number in range(2):
        page.locator(f"{CARD} .open").nth(number).click()
    held[0].continue_()
    expect(page.locator("#chosen-count")).to_have_text("2 件を選択中")
    expect(page.locator(".player")).to_be_hidden()


@pytest.mark.parametrize(
    ("locale", "size"),
    [
        ("ja-JP", (360, 640)),
        ("en-US", (360, 640)),
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
    all_fit(page, size)
    page.locator("#calendar").click()
    expect(page.locator(".calendar")).to_be_in_viewport(ratio=1)
    all_fit(page, size)
    page.keyboard.press("Escape")
    page.locator("#choose").click()
    page.locator(f"{CARD} .open").first.click()
    all_fit(page, size)
    page.locator("#chosen-delete").click()
    expect(page.locator(".undo-toast")).to_be_in_viewport(ratio=1)
    all_fit(page, size)
    page.keyboard.press("z")
    play(page, 0)
    expect(page.locator(".player-bar")).to_be_in_viewport(ratio=1)
    all_fit(page, size, ".player ")


def all_fit(page: Page, size: tuple[int, int], within: str = "") -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    pressed = page.locator(f"{within}:is(button, a, select):visible")
    bad = pressed.evaluate_all(
        """nodes => nodes.filter((node) => {
            const { width, height } = node.getBoundingClientRect();
            const isNamed = node.innerText.trim() || node.getAttribute("aria-label");
            return Math.min(width, height) < 44 || node.scrollWidth > node.clientWidth + 1 || !isNamed;
        }).map((node) => node.outerHTML)"""
    )  # all at once: one that is looked at alone may have gone by then
    assert bad == []
    assert pressed.count() > 0


def test_the_page_weighs_less_than_50_kb_compressed(page: Page) -> None:
    urls = page.evaluate(
        """[location.href, ...performance.getEntriesByType("resource").map(({ name }) => name)
            .filter((name) => name.includes("/static/"))]"""
    )
    assert len(urls) > 10
    assert sum(len(gzip.compress(page.request.get(url).body())) for url in urls) < 50_000


def mark(file: Path, kind: str) -> Path:
    """Make it a recording of that kind."""
    return file.rename(file.with_name(f"{file.stem}~{kind}.mp4"))


def test_a_card_says_who_wanted_the_recording_and_the_page_shows_one_kind_alone(
    system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    first, second, *others = sorted(folder.iterdir(), reverse=True)
    always, visit = mark(first, "always"), mark(second, "visit")
    hand = {file.name for file in others}
    page = open_page(new_page(base_url=system.url))
    assert page.locator(".card .kind").all_inner_texts() == ["常時", "来訪", "", ""]
    assert "来訪" in (page.locator(f"{CARD} .open").nth(1).get_attribute("aria-label") or "")
    for kind, names in (("visit", {visit.name}), ("always", {always.name}), ("hand", hand)):
        page.locator("#filter").select_option(f"kind={kind}")
        for name in names:
            expect(page.locator(f'.card[data-name="{name}"]')).to_be_visible()
        expect(page.locator(".card")).to_have_count(len(names))


def test_what_has_become_a_visits_is_played_by_the_address_that_it_had(
    system: DemoSystem, folder: Path, new_page: NewPage
) -> None:
    newest = mark(max(folder.iterdir()), "always")
    page = new_page(base_url=system.url)
    visit = newest.rename(newest.with_name(newest.name.replace("~always", "~visit")))
    page.goto(f"/recordings#{newest.name}")
    video = page.locator(".player video")
    expect(video).to_have_attribute("src", re.compile(re.escape(visit.name)))
    page.wait_for_function("() => document.querySelector('.player video').readyState > 0")
