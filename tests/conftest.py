"""What all tests share: commands speak English, whatever the locale of who runs the tests."""

import os

os.environ["LC_ALL"] = "C.UTF-8"
