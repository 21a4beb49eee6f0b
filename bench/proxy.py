"""The time that petcam-web adds to an answer of the streamer that it passes on."""

import http.client
import statistics
import time

from bench.camera import running
from bench.figure import Figure

REQUEST_COUNT = 1000  # to each of the two
PAUSE_SECONDS = 0.004  # between requests, so that both are idle at each request, as they are for a page
PATHS = {"direct": "/status", "proxied": "/api/recording/status"}


def figures() -> list[Figure]:
    with running() as camera:
        ports = {"direct": camera.streamer_port, "proxied": camera.web_port}
        connections = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in ports.items()}
        durations_ms: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(REQUEST_COUNT):
            for name, connection in connections.items():  # in turn, so that changes of the machine's load affect both
                durations_ms[name].append(_request_ms(connection, PATHS[name]))
                time.sleep(PAUSE_SECONDS)
        for connection in connections.values():
            connection.close()
    added = [proxied - direct for direct, proxied in zip(durations_ms["direct"], durations_ms["proxied"], strict=True)]
    return [
        Figure("/api/recording/status, time that the proxy adds, median", statistics.median(added), "ms", 1),
        Figure("/api/recording/status, time that the proxy adds, p99", statistics.quantiles(added, n=100)[-1], "ms"),
        Figure("/status of the streamer itself, median", statistics.median(durations_ms["direct"]), "ms"),
    ]


def _request_ms(connection: http.client.HTTPConnection, path: str) -> float:
    begin = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    durations_ms = (time.perf_counter() - begin) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return durations_ms


if __name__ == "__main__":
    from bench.figure import table

    print(table(figures()))
