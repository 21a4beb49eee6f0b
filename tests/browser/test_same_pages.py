"""What people see is the same, pixel by pixel, whoever serves the page: petcam-web or petcam-streamer."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.chosen_server import SERVERS
from tests.real_services import OWNER, RECORDING, RealServices

PHONE = {"locale": "ja-JP", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}, "is_mobile": True}
DESKTOP = {"locale": "en-US", "color_scheme": "light", "viewport": {"width": 1366, "height": 768}}
NEW_YEAR = 1767225600  # Unix time of the recording
WALKS = 3


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RealServices]]:
    """Both, each with a state and recordings of its own."""
    running = {each: RealServices(tmp_path_factory.mktemp(each), server=each) for each in SERVERS}
    try:
        for services in running.values():
            os.utime(services.recordings / RECORDING, (NEW_YEAR, NEW_YEAR))
            services.start("web", "streamer")
            services.api_of(OWNER)("PUT", "/camera", {"on": False})  # else the page connects, and says how far it is
        yield running
    finally:
        for services in running.values():
            services.close()


def picture(page: Page, *masked: str) -> bytes:
    """A PNG of the whole page but for what is masked."""
    page.wait_for_function("document.fonts.status == 'loaded'")
    masks = [page.locator(each) for each in masked]
    return page.screenshot(full_page=True, animations="disabled", caret="hide", mask=masks)


def log_in(page: Page, password: str) -> None:
    page.goto("/login")
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def of_a_stranger(page: Page) -> Iterator[tuple[str, bytes]]:
    page.goto("/login?next=/recordings")
    yield "login", picture(page)
    log_in(page, "not the owner's words")
    expect(page.locator("[role=alert]")).to_be_visible()
    yield "wrong password", picture(page)


def of_the_owner(page: Page) -> Iterator[tuple[str, bytes]]:
    log_in(page, OWNER)
    expect(page.locator("#notice[data-state=off]")).to_be_visible()
    expect(page.locator("#recording-status:not([data-state=checking])")).to_be_visible()
    expect(page.locator("#recordings")).to_contain_text("MB")
    yield "live page", picture(page, "header a")
    page.goto("/recordings")
    expect(page.locator("#recording-status:not([data-state=checking])")).to_be_visible()
    for told in (
        "#server-status:not([data-state=checking])",
        ".card",
        "#tools:not([hidden])",
        "#days[aria-busy=false]",
    ):
        expect(page.locator(told)).to_have_count(1)
    expect(page.locator("#space")).not_to_be_empty()
    yield "recordings", picture(page, "#space", "#space-bar")
    page.goto("/account")
    yield "account", picture(page)
    page.goto("/nowhere")
    yield "a page that there is not", picture(page)


@pytest.mark.parametrize("view", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("walk", [of_a_stranger, of_the_owner])
def test_both_servers_show_the_same_pixels(
    servers: dict[str, RealServices],
    new_page: Callable[..., Page],
    view: dict[str, Any],
    walk: Callable[[Page], Iterator[tuple[str, bytes]]],
) -> None:
    """Masked is what must differ: who has no settings leads to the account, and the disk's free space changes.

    On a busy machine Chromium smooths a few pixels of a curve in one way or another, of one server's page as well, so
    each server is visited up to three times: one picture of a page has to be equal to one of the other's.
    """
    seen: dict[str, dict[str, set[bytes]]] = {each: {} for each in SERVERS}
    for _ in range(WALKS):
        for each, pages in seen.items():
            for name, shown in walk(new_page(base_url=servers[each].url, **view)):
                pages.setdefault(name, set()).add(shown)
        python, go = seen.values()
        assert list(go) == list(python)
        if not (differ := [name for name in go if not go[name] & python[name]]):
            return
    raise AssertionError(f"not the same: {differ}")
