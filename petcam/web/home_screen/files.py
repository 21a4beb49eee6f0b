"""The files by which systems put petcam on the Home Screen: the manifest, and the icon as PNG."""

from collections.abc import Callable

from petcam.web.home_screen.drawing import Drawing
from petcam.web.home_screen.manifest import manifest
from petcam.web.home_screen.png import png

MANIFEST = "manifest.webmanifest"
TOUCH_ICON = "icons/touch.png"  # Apple's; iOS takes it before those of the manifest
# Size in pixels, and whether the system cuts its own shape out of it.
MANIFEST_ICONS = {
    "icons/192.png": (192, False),
    "icons/512.png": (512, False),
    "icons/maskable.png": (512, True),
}
ICONS = {**MANIFEST_ICONS, TOUCH_ICON: (180, True)}


class HomeScreen:
    """Of the camera called ``camera``; ``icon`` is the SVG that is drawn. Raises ``ValueError`` where it cannot be."""

    def __init__(self, camera: str, icon: str) -> None:
        self._camera, self._drawing = camera, Drawing.of(icon)

    def files(self) -> dict[str, bytes]:
        return {MANIFEST: manifest(self._camera, MANIFEST_ICONS)}

    def drawn(self) -> dict[str, Callable[[], bytes]]:
        """Each takes up to a second on a small board, and most are never asked for."""
        return {name: self._drawer(*how) for name, how in ICONS.items()}

    def _drawer(self, size: int, may_be_cut: bool) -> Callable[[], bytes]:
        return lambda: png(self._drawing.pixels(size, may_be_cut))
