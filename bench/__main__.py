"""``make bench``: one table. ``make bench ARGS="live shm"`` measures only those."""

import argparse
import importlib
import platform
import time

from bench.figure import table

SUBJECTS = (
    "live",
    "picture",
    "boxes",
    "comes_back",
    "loss",
    "detections",
    "proxy",
    "mjpeg",
    "recording",
    "shm",
    "siege",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure petcam on this machine.")
    parser.add_argument("subjects", nargs="*", default=SUBJECTS, help=f"of {', '.join(SUBJECTS)}")
    subjects = parser.parse_args().subjects
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Linux {platform.release()}")
    print(table([figure for subject in subjects for figure in importlib.import_module(f"bench.{subject}").figures()]))


if __name__ == "__main__":
    main()
