"""Where ``templates/``, ``static/`` and ``words/`` are, and the model that finds pets."""

import os
from pathlib import Path

INSTALLED = Path("/usr/share/petcam")
MODEL = "pets.onnx"


def assets_folder() -> Path:
    """``$PETCAM_ASSETS``, the checkout, or where the package puts them."""
    named = os.environ.get("PETCAM_ASSETS")
    if named:
        return Path(named)
    checkout = Path(__file__).parents[2]
    return checkout if (checkout / "templates").is_dir() else INSTALLED


def model_file() -> Path | None:
    """What ``make model`` has made in the checkout, or the package petcam-model-pets; None where there is neither."""
    checkout = Path(__file__).parents[2] / "build" / "model" / MODEL
    return next((file for file in (checkout, INSTALLED / "models" / MODEL) if file.is_file()), None)
