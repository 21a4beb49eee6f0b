"""QR codes: for a page and for a terminal."""

import re
import sys

import pytest

from petcam import qr_code

URL = "http://192.168.1.20:8080/"
BITS = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}  # dark is 1: a terminal's blocks are the light ones


def on_the_terminal(text: str) -> list[list[int]]:
    """The code's modules, dark is 1, with the light zone around them."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in qr_code.lines(text)]
    return [[BITS[block][half] for block in line] for line in plain for half in (0, 1)]


def in_the_page(text: str) -> list[list[int]]:
    """The same, of the lines that the SVG draws, each from where the last has ended."""
    svg = qr_code.svg(text)
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    drawn = [[0] * size for _ in range(size)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmhz]*)", re.search(r'stroke="#000" d="([^"]*)"', svg)[1]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            drawn[int(y)][int(x) : int(x + values[0])] = [1] * int(values[0])
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return drawn


@pytest.mark.parametrize("text", [URL, "https://petcam-9.tailnet.ts.net:8443/cam/"])
def test_page_and_terminal_show_the_same_code_with_a_light_zone_around_it(text: str) -> None:
    page, terminal = in_the_page(text), on_the_terminal(text)
    assert terminal[: len(page)] == page
    assert all(not any(row) for row in [*page[:4], *page[-4:]])
    assert all(not any(row[:4] + row[-4:]) for row in page)
    assert (
        page[4][4:11] == [1] * 7 and page[10][4:11] == [1] * 7
    )  # the first of the three squares that cameras look for


def test_each_line_of_a_terminal_is_white_on_black_whatever_its_colours_are() -> None:
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in qr_code.lines(URL))


def test_without_segno_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    assert (qr_code.svg(URL), qr_code.lines(URL)) == ("", [])
