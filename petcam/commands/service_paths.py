"""Paths of petcam.yaml that the services' sandbox hides from them (``ProtectHome=``, ``PrivateTmp=``)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from petcam.commands.doctor_folders import PRIVATE_PLACES, STREAMER
from petcam.config import Config

ASKING_SECONDS = 5.0
FEED_UNIT, STREAMER_UNIT = "petcam-feed.service", STREAMER.unit
TEMPORARY = ("/tmp", "/var/tmp")


def out_of_sight(config: Config) -> Iterator[str]:
    """A line for each, with the remedy. What a drop-in has opened is no fault."""
    paths = {
        "web.tls_cert": (STREAMER_UNIT, config.web.tls_cert),
        "web.tls_key": (STREAMER_UNIT, config.web.tls_key),
        "camera.source": (FEED_UNIT, config.camera.source),
        "recording.directory": (STREAMER_UNIT, config.recording.directory),
    }
    for key, (unit, text) in paths.items():
        place = _private_place(text) if text.startswith("/") else ""
        if place and not _opens(unit, place, Path(text)):
            where = f"{text} is below {place}, where {unit} sees a folder of its own"
            yield f"{key}: {where}; move it to another place, such as /srv, where the user petcam may use it"


def _private_place(text: str) -> str:
    """Where it lies, or where it leads by links; empty: elsewhere."""
    for path in (Path(text), Path(os.path.realpath(text))):
        for place in PRIVATE_PLACES:
            if path.is_relative_to(place):
                return place
    return ""


def _opens(unit: str, place: str, path: Path) -> bool:
    """Whether the unit, as it is installed here, lets the service see it."""
    settings = _settings(unit)
    if settings.get("LoadState") != "loaded":
        return False
    if settings.get("PrivateTmp" if place in TEMPORARY else "ProtectHome") in ("no", "read-only"):
        return True
    bound = f"{settings.get('BindPaths', '')} {settings.get('BindReadOnlyPaths', '')}".split()
    return any(path.is_relative_to(each.split(":")[1]) for each in bound if ":" in each)


def _settings(unit: str) -> dict[str, str]:
    """Empty where there is no systemd to ask."""
    names = "LoadState,ProtectHome,PrivateTmp,BindPaths,BindReadOnlyPaths"
    command = ["systemctl", "show", f"--property={names}", unit]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=ASKING_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(line.split("=", 1) for line in asked.stdout.splitlines() if "=" in line)
