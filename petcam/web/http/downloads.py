"""The names that files get where somebody downloads them: after the camera, which has one name in the family.

On the disk they stay ``petcam_...``, whatever the camera is called.
"""

import re
from urllib.parse import quote

OWN = "petcam_"  # what each file's name begins with
NOT_IN_NAMES = re.compile(
    r'[\s/\\:*?"<>|.]+'
)  # what one of the systems cannot have in a file's name, and what hides it


class Downloads:
    """Of the camera called ``camera``; empty: it has no name of its own."""

    def __init__(self, camera: str) -> None:
        self._camera = NOT_IN_NAMES.sub("-", camera).strip("-")

    def disposition(self, how: str, name: str) -> str:
        """``Content-Disposition`` (RFC 6266) of ``name``, which is ASCII; ``how`` is ``inline`` or ``attachment``."""
        plain = f'{how}; filename="{name}"'
        if not self._camera or not name.startswith(OWN):
            return plain
        return f"{plain}; filename*=UTF-8''{quote(f'{self._camera}_{name[len(OWN) :]}', safe='')}"
