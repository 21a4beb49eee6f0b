"""A page by the rules of axe, which finds what screen readers and weak eyes stumble over."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.demo_system import DemoSystem

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"  # package.json says which
BROKEN = """async () => (await axe.run({ resultTypes: ["violations"] })).violations
    .map(({ id, nodes }) => [id, nodes.map((node) => node.html)])"""


def page_with_rules(
    new_page: Callable[..., Page], system: DemoSystem, locale: str, scheme: str, width: int, height: int
) -> Page:
    """Of such a size, not opened yet."""
    page = new_page(
        base_url=system.url,
        bypass_csp=True,  # the rules are a script that is not of the page
        locale=locale,
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",  # what is half faded has other colours
    )
    page.add_init_script(path=AXE)
    return page


def broken(page: Page) -> object:
    """Rules, each with the elements that break it, once all that moves has come to rest."""
    page.evaluate("() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
    return page.evaluate(BROKEN)
