"""The web app manifest (https://www.w3.org/TR/appmanifest/), by which a browser puts petcam on the Home Screen.

Browsers fetch it and its icons without cookies, so it is for everybody: all that it tells is the camera's name.
"""

import json

BACKGROUND = "#0d1013"  # static/petcam.css: a system shows it until the page is there
ROOT = "../../"  # from static/VERSION/, below whatever path of a proxy's


def manifest(camera: str, icons: dict[str, tuple[int, bool]]) -> bytes:
    """Of the camera called ``camera``. ``icons``: by their paths beside it, size and whether the system may cut a shape
    out of it."""
    described = [
        {"src": path, "sizes": f"{size}x{size}", "type": "image/png", "purpose": "maskable" if may_be_cut else "any"}
        for path, (size, may_be_cut) in icons.items()
    ]
    about = {
        "name": camera,
        "short_name": camera,
        "start_url": ROOT,
        "scope": ROOT,
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": described,
    }
    return json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode()
