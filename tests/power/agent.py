"""Runs in the virtual machine as root: runs commands and asks petcam by HTTP, as all that tests have is a line to it.

A request is a line of JSON: ``{"id": 1, "command": [...]}``, or ``{"id": 1, "method": "GET", "port": 8080, "path": "/",
"headers": {...}, "body": "..."}``. So is its answer, ``{"id": 1, "status": 0, "output": "..."}``; by HTTP with HTTP's
status, its headers, and the body in base64. Many run at once.
"""

import base64
import http.client
import json
import subprocess
import sys
import threading
import tty
from contextlib import suppress
from typing import Any

TIMEOUT_SECONDS = 3600  # of a request; nothing is judged by it

writing = threading.Lock()  # one answer at a time


def main(path: str) -> None:
    with open(path, "r+b", buffering=0) as line:
        if line.isatty():
            tty.setraw(line.fileno())
        received = b""
        while piece := line.read(4096):
            *requests, received = (received + piece).split(b"\n")
            for request in requests:
                # What came before the line was opened may be there in part.
                with suppress(ValueError):
                    threading.Thread(target=answer, args=(line, json.loads(request))).start()


def answer(line: Any, asked: dict[str, Any]) -> None:
    try:
        done = run(asked) if "command" in asked else ask(asked)
    except OSError as error:
        done = {"status": -1, "output": str(error)}
    text = json.dumps({"id": asked["id"], **done}).encode() + b"\n"
    with writing:
        while text:
            text = text[line.write(text) :]


def run(asked: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        asked["command"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return {"status": done.returncode, "output": done.stdout}


def ask(asked: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", asked["port"], timeout=TIMEOUT_SECONDS)
    try:
        connection.request(asked["method"], asked["path"], asked["body"].encode() or None, asked["headers"])
        response = connection.getresponse()
        body = base64.b64encode(response.read()).decode()
        return {"status": response.status, "headers": dict(response.getheaders()), "output": body}
    except http.client.HTTPException as error:
        raise ConnectionError(repr(error)) from error
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
