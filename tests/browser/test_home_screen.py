"""What Chromium finds where it is to put petcam on the Home Screen."""

import json
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.demo_system import DemoSystem

NOT_OURS = {"in-incognito"}  # as all contexts of the tests are


def test_the_page_can_be_installed_and_asks_for_nothing_of_that_by_itself(
    system: DemoSystem, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate("petcamModules['live/entry.js'].page")
    assert not [url for url in asked if "manifest" in url or "/icons/" in url]
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == [] and found["url"].endswith("/manifest.webmanifest")
    assert json.loads(found["data"])["name"] == page.title() == "petcam"
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] not in NOT_OURS] == []
    sizes = page.evaluate(
        """async (manifest) => {
            const { icons } = await (await fetch(manifest)).json();
            return Promise.all(icons.map(async ({ src, sizes }) => {
                const picture = new Image();
                picture.src = new URL(src, manifest);
                await picture.decode();
                return [sizes, `${picture.naturalWidth}x${picture.naturalHeight}`];
            }));
        }""",
        found["url"],
    )
    assert len(sizes) == 3 and all(said == drawn for said, drawn in sizes)
