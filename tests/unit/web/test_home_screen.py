"""petcam on the Home Screen: the manifest, and the icon drawn as PNG."""

import re
import struct
import zlib
from dataclasses import replace
from urllib.parse import urljoin

import numpy as np
import pytest

from petcam.config import Camera, Web
from petcam.system.assets import assets_folder
from petcam.web.home_screen.drawing import Drawing
from petcam.web.home_screen.png import png
from tests.unit.web.conftest import make_client

ICON = (assets_folder() / "static" / "icon.svg").read_text(encoding="utf-8")
GROUND, PAW = (0x14, 0x18, 0x1D), (0x7E, 0xE2, 0xA8)


def address(answer, relation):
    return re.search(rf'<link rel="{relation}" href="([^"]*)">', answer.get_data(as_text=True))[1]


def decoded(data):
    """A PNG's pixels, by its specification: (height, width, 3 or 4). Only what petcam writes, 8 bits and filter 2."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        chunks[kind] = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + chunks[kind]) == struct.unpack_from(">I", data, at + 8 + length)[0]
        at += 12 + length
    width, height, depth, colours, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    channels = {2: 3, 6: 4}[colours]
    assert (depth, rest, chunks[b"IEND"]) == (8, [0, 0, 0], b"")
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * channels)
    assert (rows[:, 0] == 2).all()
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(height, width, channels)


@pytest.mark.parametrize("path", ["/", "/recordings"])
def test_each_page_names_the_manifest_and_apples_icon(client, path):
    page = client.get(path)
    assert client.get(address(page, "manifest")).mimetype == "application/manifest+json"
    assert client.get(address(page, "apple-touch-icon")).mimetype == "image/png"


def test_both_are_for_those_who_are_not_logged_in_as_browsers_fetch_them_without_cookies(anonymous):
    page = anonymous.get("/login")
    manifest = anonymous.get(address(page, "manifest"))
    assert manifest.status_code == 200 and anonymous.get(address(page, "apple-touch-icon")).status_code == 200
    for icon in manifest.get_json(force=True)["icons"]:
        assert anonymous.get(urljoin(address(page, "manifest"), icon["src"])).status_code == 200


@pytest.mark.parametrize(("name", "shown"), [("", "petcam"), ("ミケの部屋 & “2”", "ミケの部屋 & “2”")])
def test_it_is_called_as_the_camera_is(services, connection, name, shown):
    client = make_client(replace(services, config=replace(services.config, camera=Camera(name=name))), connection)
    manifest = client.get(address(client.get("/"), "manifest")).get_json(force=True)
    assert (manifest["name"], manifest["short_name"], manifest["display"]) == (shown, shown, "standalone")


@pytest.mark.parametrize("prefix", ["", "/cam"])
def test_it_opens_the_live_page_also_under_a_proxys_path(services, connection, prefix):
    web = Web(trusted_proxies=["127.0.0.1"])
    client = make_client(replace(services, config=replace(services.config, web=web)), connection)
    page = client.get("/", headers={"X-Forwarded-Prefix": prefix} if prefix else {})
    where = address(page, "manifest")
    manifest = client.get(where.removeprefix(prefix)).get_json(force=True)
    assert where.startswith(f"{prefix}/static/")
    assert urljoin(where, manifest["start_url"]) == urljoin(where, manifest["scope"]) == f"{prefix}/"
    assert all(urljoin(where, icon["src"]).startswith(f"{prefix}/static/") for icon in manifest["icons"])


def test_a_browser_keeps_them_until_the_name_changes(services, connection):
    pages = []
    for name in ("Mike", "Tama"):
        config = replace(services.config, camera=Camera(name=name))
        client = make_client(replace(services, config=config), connection)
        pages.append(client.get("/"))
        for relation in ("manifest", "apple-touch-icon"):
            assert "immutable" in client.get(address(pages[-1], relation)).headers["Cache-Control"]
    assert address(pages[0], "manifest") != address(pages[1], "manifest")


def test_the_icons_have_the_sizes_that_the_manifest_says(client):
    page = client.get("/")
    where = address(page, "manifest")
    sizes = set()
    for icon in client.get(where).get_json(force=True)["icons"]:
        pixels = decoded(client.get(urljoin(where, icon["src"])).data)
        assert icon["sizes"] == f"{pixels.shape[1]}x{pixels.shape[0]}"
        sizes.add((icon["sizes"], icon["purpose"]))
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    assert decoded(client.get(address(page, "apple-touch-icon")).data).shape == (180, 180, 3)


def test_an_icon_is_drawn_once_and_not_before_it_is_asked_for(client, monkeypatch):
    drawn = []
    original = Drawing.pixels
    monkeypatch.setattr(Drawing, "pixels", lambda self, *how: drawn.append(how) or original(self, *how))
    where = address(client.get("/"), "apple-touch-icon")
    assert drawn == []
    assert client.get(where).data == client.get(where).data
    assert drawn == [(180, True)]


def test_what_is_maskable_reaches_the_edge_and_has_its_paw_where_no_mask_cuts():
    pixels = Drawing.of(ICON).pixels(512, True)
    assert (pixels[..., 3] == 255).all() and tuple(pixels[0, 0, :3]) == GROUND
    y, x = np.nonzero(pixels[..., 1] > GROUND[1])
    assert np.hypot(x + 0.5 - 256, y + 0.5 - 256).max() < 0.4 * 512  # the safe zone of the manifest's specification


def test_the_icon_is_the_svgs_drawing_with_its_round_corners():
    pixels = Drawing.of(ICON).pixels(320, False)
    assert pixels[0, 0, 3] == 0 and (pixels[[0, 319, 160, 160], [160, 160, 0, 319], 3] == 255).all()
    assert (pixels[0, 81:239, 3] == 255).all() and (pixels[79, 0, 3] > 250).all()
    for x, y, colour in ((9, 15, PAW), (13.6, 9.6, PAW), (16, 21, PAW), (16, 12.5, GROUND), (16, 28, GROUND)):
        assert tuple(pixels[int(y * 10), int(x * 10), :3]) == colour, (x, y)


def test_edges_are_smooth():
    stripe = '<path fill="#ffffff" d="M0.5 0c0 0 0 0 0 4c0 0 1 0 1.750 0c0 0 0 0 0-4c0 0 0 0-1.750 0z"/>'
    half = Drawing.of(f'<svg viewBox="0 0 4 4"><rect width="4" height="4" rx="0" fill="#000000"/>{stripe}</svg>')
    assert half.pixels(4, True)[2, :, 0].tolist() == [128, 255, 64, 0]


@pytest.mark.parametrize(
    "inside",
    [
        '<circle cx="1" cy="1" r="1" fill="#000000"/>',
        '<path d="M1 1l2 2z" fill="#000000"/>',
        '<path d="M1 1c1 1 1 1 2 2" fill="#000000"/>',
        '<ellipse cx="1" cy="1" rx="1" ry="1" fill="red"/>',
    ],
)
def test_an_icon_of_other_parts_is_refused_at_the_start(inside):
    svg = f'<svg viewBox="0 0 4 4"><rect width="4" height="4" rx="1" fill="#000000"/>{inside}</svg>'
    with pytest.raises(ValueError):
        Drawing.of(svg)


def test_a_png_gives_back_the_pixels():
    pixels = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
    assert (decoded(png(pixels)) == pixels).all()
    pixels[..., 3] = 255
    assert (decoded(png(pixels)) == pixels[..., :3]).all()
