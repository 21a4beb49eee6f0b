"""What petcam's event stream is compared with: a loop for each client that looks for a new result every 33 ms.

It uses the same waitress with the same settings, the same segment and the same events. They are read by petcam's reader
and written by the json module, as a straightforward program would.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator

from flask import Flask, Response

from bench.listeners import PATH
from petcam.shm.detections import DetectionReader, Detections
from petcam.web.http.server import WebServer

POLL_SECONDS = 0.033


def app(segment: str) -> Flask:
    made = Flask(__name__)
    made.add_url_rule(PATH, view_func=lambda: Response(_events(segment), mimetype="text/event-stream"))
    return made


def _events(segment: str) -> Iterator[bytes]:
    yield b"retry: 1000\n\n"
    with DetectionReader(segment) as reader:
        while True:
            latest = _latest(reader)
            if latest is not None:
                yield _serialised(latest)
            time.sleep(POLL_SECONDS)


def _latest(reader: DetectionReader) -> Detections | None:
    latest = None
    while (result := reader.read(0)) is not None:
        latest = result
    return latest


def _serialised(result: Detections) -> bytes:
    boxes = [
        {"class_name": name, "confidence": round(sure, 4), "bbox": {"x": x, "y": y, "w": w, "h": h}}
        for name, sure, x, y, w, h in result.boxes
    ]
    about = {name: getattr(result, name) for name in ("frame_number", "capture_ns", "rtp_timestamp", "width", "height")}
    return f"data: {json.dumps({'detections': boxes, **about})}\n\n".encode()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.polling", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("segment")
    options = parser.parse_args()
    WebServer(app(options.segment), "127.0.0.1", options.port, 40).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
