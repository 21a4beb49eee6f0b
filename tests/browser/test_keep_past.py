"""Keeping the last minute by one press."""

from playwright.sync_api import Page, Route, expect


def test_one_press_keeps_the_last_minute_and_offers_it(page: Page) -> None:
    page.get_by_role("button", name="今のを残す").click()
    toast = page.get_by_role("alert").filter(has_text=" 秒を保存しました。")
    link = toast.get_by_role("link", name="再生")
    address = link.get_attribute("href") or ""
    expect(page.locator(f"#recordings a.when[href$='{address}']")).to_be_visible()
    seconds = page.evaluate(
        """url => new Promise((resolve, reject) => {
            const video = Object.assign(document.createElement("video"), { src: url });
            video.onloadeddata = () => resolve(video.duration);
            video.onerror = () => reject(video.error.message);
        })""",
        address,
    )
    assert f"直前の {round(seconds)} 秒" in toast.inner_text()
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "off")


def test_it_says_that_it_was_kept_already(page: Page) -> None:
    kept = {"filename": "petcam_x.mp4", "files": ["petcam_x.mp4"], "seconds": 59.7, "bytes": 1, "again": True}
    page.route("**/api/recording/past", lambda route: route.fulfill(json=kept))
    page.click("#keep-past")
    expect(page.locator("#toast")).to_have_text("すでに保存してあります。 再生")
    expect(page.locator("#toast a")).to_have_attribute("href", "/api/recordings/petcam_x.mp4")
    page.unroute_all(behavior="ignoreErrors")


def test_a_recording_that_runs_goes_on_beside_it(page: Page) -> None:
    page.click("#start-recording")
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "on")
    name = page.locator("#recording-file").text_content()
    answer = page.request.post("/api/recording/past", data={"seconds": 5}).json()
    status = page.request.get("/api/recording/status").json()
    assert (status["recording"], status["filename"]) == (True, name)
    assert answer["filename"] != name
    page.click("#stop-recording")
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "off")


def test_a_double_click_asks_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/past") else None)
    page.dblclick("#keep-past")
    expect(page.locator("#toast a")).to_be_visible()
    assert len(asked) == 1


def test_a_full_disk_is_said(page: Page) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=507, json={"error": "Recording failed", "reason": "Disk full", "message": "x"})

    page.route("**/api/recording/past", refuse)
    page.click("#keep-past")
    expect(page.locator("#toast")).to_have_text(
        "ディスクがいっぱいです。録画を削除するか、大きいディスクに替えてください。"
    )
    page.unroute_all(behavior="ignoreErrors")
