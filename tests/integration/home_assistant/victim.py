"""A petcam that speaks to the broker until it is killed: ``python victim.py STATE_DIRECTORY URL``."""

import signal
import sys
from pathlib import Path

from tests.integration.home_assistant.conftest import Petcam, notify_of

Petcam(Path(sys.argv[1]), notify_of(sys.argv[2])).start()
signal.pause()
