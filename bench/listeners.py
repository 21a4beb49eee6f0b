"""Clients of an event stream, all in one process: how many events they got, and the latency of each.

An event's ``capture_ns`` is the time (CLOCK_MONOTONIC) at which its result was published.
"""

import argparse
import json
import re
import selectors
import socket
import statistics
import time

PATH = "/api/detections/stream"
CAPTURE_NS = re.compile(rb'"capture_ns": ?(\d+)')


def listen(port: int, count: int, seconds: float) -> dict[str, float]:
    """The number of events, and the milliseconds from publishing to arrival (median and p99)."""
    latencies_ms = []
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
                latencies_ms += [(now - int(moment)) / 1e6 for moment in CAPTURE_NS.findall(data)]
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    quantiles = statistics.quantiles(latencies_ms, n=100)
    return {"events": len(latencies_ms), "median": statistics.median(latencies_ms), "p99": quantiles[-1]}


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
