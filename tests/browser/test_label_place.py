"""Where the label of a box is: within the picture, and covered by nothing."""

import pytest
from playwright.sync_api import Page

PICTURE = {"x": 0, "y": 0, "w": 400, "h": 300}


@pytest.mark.parametrize(
    ("box", "covered", "place"),
    [
        pytest.param([100, 100, 80, 60], [], [100, 76], id="above"),
        pytest.param([100, 4, 80, 60], [], [100, 8], id="inside at the picture's top"),
        pytest.param([0, 100, 80, 60], [], [4, 76], id="clear of the picture's left edge"),
        pytest.param([380, 100, 20, 60], [], [336, 76], id="clear of its right edge"),
        pytest.param([100, 4, 80, 60], [[90, 0, 100, 40]], [100, 68], id="below, where a badge covers the top"),
        pytest.param([60, 100, 180, 60], [[50, 70, 80, 40]], [180, 76], id="at the right, where the left is covered"),
        pytest.param([100, 100, 80, 60], [[0, 0, 400, 300]], [100, 76], id="above, where all is covered"),
        pytest.param([0, 0, 400, 300], [], [4, 4], id="of a box as large as the picture"),
    ],
)
def test_a_label_is_where_it_is_seen(modules: Page, box: list[int], covered: list[list[int]], place: list[int]) -> None:
    found = modules.evaluate(
        """async ([picture, box, covered]) => {
            const { labelPlace } = await import("/static/lib/bbox_overlay.js");
            const rect = ([x, y, w, h]) => ({ x, y, w, h });
            const { x, y } = labelPlace({ w: 60, h: 20 }, rect(box), picture, covered.map(rect));
            return [x, y];
        }""",
        [PICTURE, box, covered],
    )
    assert found == place
