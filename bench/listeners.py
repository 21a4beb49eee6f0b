"""Clients of an event stream, all in one process: how many events they got, and how old each was at its arrival.

An event's ``capture_ns`` is the moment (CLOCK_MONOTONIC) at which its result was published.
"""

import argparse
import json
import re
import selectors
import socket
import statistics
import time

PATH = "/api/detections/stream"
MOMENT = re.compile(rb'"capture_ns": ?(\d+)')


def listen(port: int, count: int, seconds: float) -> dict[str, float]:
    """Events in all, and milliseconds from publishing to arrival."""
    waits = []
    with selectors.DefaultSelector() as selector:
        for _ in range(count):
            selector.register(_open(port), selectors.EVENT_READ)
        print("open", flush=True)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                now = time.monotonic_ns()
                if not data:
                    raise RuntimeError("a stream has ended")
                waits += [(now - int(moment)) / 1e6 for moment in MOMENT.findall(data)]
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    quantiles = statistics.quantiles(waits, n=100)
    return {"events": len(waits), "median": statistics.median(waits), "p99": quantiles[-1]}


def _open(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    if b" 200 " not in connection.recv(65536):
        raise RuntimeError("a stream was refused")
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.listeners", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()
    print(json.dumps(listen(options.port, options.count, options.seconds)))


if __name__ == "__main__":
    main()
