"""What all tests share: commands speak English, whatever the locale of who runs the tests; they take themselves for no
service, also where the tests run in a container or a service (a service waits for what ends a command in a terminal);
and Ctrl-C ends what is started also where the tests themselves run in the background (a shell has those ignore it).
``PETCAM_SERVER=go`` runs those that two servers share with petcam-streamer alone."""

import os
import signal

import pytest

from tests.left_out import skip_with_go

OF_A_SERVICE = (
    "CREDENTIALS_DIRECTORY",
    "NOTIFY_SOCKET",
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
)

os.environ["LC_ALL"] = "C.UTF-8"
for told in OF_A_SERVICE:
    os.environ.pop(told, None)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs_python"):
        skip_with_go(mark.args)
