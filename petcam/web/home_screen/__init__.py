"""petcam on the Home Screen of a phone: the web app manifest and the icon in the sizes and shapes that systems want.

A leaf.
"""

from petcam.web.home_screen.files import HomeScreen

__all__ = ["HomeScreen"]
