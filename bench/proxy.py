"""What petcam-web adds to an answer of the streamer that it passes on."""

import http.client
import statistics
import time

from bench.camera import running
from bench.figure import Figure

ASKED = 1000  # times each
PAUSE = 0.004  # seconds between, so that both are idle when they are asked, as they are for a page
PATHS = {"direct": "/status", "proxied": "/api/recording/status"}


def figures() -> list[Figure]:
    with running() as camera:
        ports = {"direct": camera.streamer_port, "proxied": camera.web_port}
        connections = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in ports.items()}
        took: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(ASKED):
            for name, connection in connections.items():  # in turn, so that a machine's drift hits both
                took[name].append(_ask(connection, PATHS[name]))
                time.sleep(PAUSE)
        for connection in connections.values():
            connection.close()
    added = [proxied - direct for direct, proxied in zip(took["direct"], took["proxied"], strict=True)]
    return [
        Figure("/api/recording/status, time that the proxy adds, median", statistics.median(added), "ms", 1),
        Figure("/api/recording/status, time that the proxy adds, p99", statistics.quantiles(added, n=100)[-1], "ms"),
        Figure("/status of the streamer itself, median", statistics.median(took["direct"]), "ms"),
    ]


def _ask(connection: http.client.HTTPConnection, path: str) -> float:
    begin = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - begin) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return took


if __name__ == "__main__":
    from bench.figure import table

    print(table(figures()))
