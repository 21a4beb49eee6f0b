"""What all tests share: commands speak English, whatever the locale of who runs the tests, and Ctrl-C ends what is
started also where the tests themselves run in the background (a shell has those ignore it)."""

import os
import signal

os.environ["LC_ALL"] = "C.UTF-8"
signal.signal(signal.SIGINT, signal.default_int_handler)
