"""``make bench``: one table in under ten minutes. ``make bench ARGS="live shm"`` measures only those."""

import argparse
import importlib
import os
import platform
import sys
import time

from bench.figure import Figure, table

SUBJECTS = ("live", "picture", "far", "boxes", "detections", "proxy", "mjpeg")
LONG = (
    "camera_off",
    "comes_back",
    "detector_model",
    "detector_share",
    "event_streams",
    "events_cost",
    "events_writes",
    "fortnight",
    "hearing",
    "lips",
    "loss",
    "microphone",
    "recording",
    "recording_cost",
    "recordings_page",
    "seeing",
    "seeing_day",
    "servers",
    "shm",
    "siege",
    "under_attack",
    "visits",
    "package",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure petcam on this machine.")
    parser.add_argument(
        "subjects",
        nargs="*",
        metavar="SUBJECT",
        help=f"of {', '.join(SUBJECTS)}, which are measured where none is named; {', '.join(LONG)}: only by name",
    )
    subjects = parser.parse_args().subjects or SUBJECTS
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as petcam detect, and before numpy is loaded
    figures = [figure for subject in subjects for figure in _measured(subject)]
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Linux {platform.release()}")
    print(table(figures))


def _measured(subject: str) -> list[Figure]:
    begin = time.monotonic()
    found = list(importlib.import_module(f"bench.{subject}").figures())
    print(f"{subject}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
