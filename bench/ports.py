"""Ports for what is measured."""

import socket
import time

from tests.ports import free_port


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nobody listens on port {port} after {seconds:g} s")
