"""Reads a database as petcam-web's user would, and prints the classes of its visits.

``python -m tests.unit.events.asking DIRECTORY [UID]``.
"""

import os
import sys
from pathlib import Path

from petcam.events.read import Reader, Wanted


def main(directory, uid=""):
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    events = Reader(Path(directory)).page(Wanted(kind="visit")).events
    print(",".join(event.class_name + ("+" if event.is_open else "") for event in events))


if __name__ == "__main__":
    main(*sys.argv[1:])
