"""Where ``templates/``, ``static/`` and ``words/`` are."""

import os
from pathlib import Path

INSTALLED = Path("/usr/share/petcam")


def assets_folder() -> Path:
    """``$PETCAM_ASSETS``, the checkout, or where the package puts them."""
    named = os.environ.get("PETCAM_ASSETS")
    if named:
        return Path(named)
    checkout = Path(__file__).parents[2]
    return checkout if (checkout / "templates").is_dir() else INSTALLED
