"""Which server the shared tests ask: petcam-web, or with ``PETCAM_SERVER=go`` petcam-streamer, alone."""

import os

SERVERS = ("python", "go")


def chosen_server() -> str:
    """As ``web.server`` has it."""
    server = os.environ.get("PETCAM_SERVER", "python")
    if server not in SERVERS:
        raise ValueError(f"PETCAM_SERVER must be one of {', '.join(SERVERS)}, not {server}")
    return server


def is_go() -> bool:
    return chosen_server() == "go"
