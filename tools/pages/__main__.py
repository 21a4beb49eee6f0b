"""``python -m tools.pages FOLDER``: write the bundle of this checkout into FOLDER."""

import sys
from pathlib import Path

from tools.pages.bundle import bundle_of

if len(sys.argv) != 2:
    sys.exit("usage: python -m tools.pages FOLDER")
bundle_of(Path(__file__).parents[2]).write(Path(sys.argv[1]))
