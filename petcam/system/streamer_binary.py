"""Finds the program ``petcam-streamer``."""

import os
import shutil
from pathlib import Path

STREAMER = "petcam-streamer"
STREAMER_REMEDY = "run make setup in a checkout, install the petcam package, or set PETCAM_STREAMER to its path"


def find_streamer() -> Path | None:
    """From ``$PETCAM_STREAMER``, else the checkout's ``build/``, else the PATH; None where it is in none of them."""
    named = os.environ.get("PETCAM_STREAMER")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    built = Path(__file__).parents[2] / "build" / STREAMER
    if os.access(built, os.X_OK):
        return built
    found = shutil.which(STREAMER)
    return Path(found) if found else None
