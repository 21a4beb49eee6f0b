"""``petcam demo``: feed, streamer and web together for a trial. No login; for this machine only unless told.

With ``--server go`` the streamer serves the page, without petcam-web and petcam-events.
"""

import argparse
import json
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import yaml

from petcam.config import Config, parse
from petcam.detect.wanted import wanted
from petcam.errors import Code, PetcamError
from petcam.feed import sources
from petcam.media import pyav
from petcam.system.child import Child, petcam_environment
from petcam.system.network import http_get, is_loopback, is_port_free, lan_address, local_url_host
from petcam.system.signals import STOP_SIGNALS, Signals
from petcam.system.streamer_binary import STREAMER, find_streamer
from petcam.words import say

LOG = "petcam-demo.log"
MODES = ("visits", "always", "manual")
KEPT_DAYS = 1  # of what is recorded by itself: its cat is there most of the time
STOP_TIMEOUT_SECONDS = 4.0
MAX_START_SECONDS = 10.0  # then the URL is printed although no picture has come
START_POLL_SECONDS = 0.05  # between checks while it starts
WATCH_POLL_SECONDS = 1.0  # between checks afterwards


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", default="demo", metavar="S", help="what petcam feed takes; default demo")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="0.0.0.0 shows it to the whole LAN")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="of the page; default 8080")
    parser.add_argument("--streamer-port", type=int, default=8081, metavar="N", help="TCP and UDP; default 8081")
    parser.add_argument("--server", default="python", choices=("python", "go"), help="of the page; default %(default)s")
    parser.add_argument("--dir", type=Path, default=default_directory(), metavar="D", help="default %(default)s")
    parser.add_argument("--record", default="visits", choices=MODES, help="by itself; default %(default)s")
    parser.add_argument("--no-detector", action="store_true", help="leave the boxes to a detector of yours")
    parser.add_argument("--detector-delay-ms", type=int, metavar="N", help="of the demo source's detector")
    parser.add_argument("--detector-every", type=int, metavar="N", help="it looks at every Nth frame")
    parser.add_argument("--restless", action="store_true", help="the demo's cat never sleeps and is back in seconds")


def default_directory() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "petcam-demo"


def run(args: argparse.Namespace, config: Config) -> int:
    """The configuration is the demo's own, whatever ``config`` says."""
    sys.stdout.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    directory: Path = args.dir.expanduser().resolve()
    text = yaml.safe_dump(settings(args, directory), sort_keys=False)
    demo, _ = parse(text, "petcam demo")
    require_source(args.source)
    require_free_ports(demo)
    streamer = find_streamer()
    if streamer is None:
        raise PetcamError(Code.UNSUPPORTED, say("demo.no_streamer", name=STREAMER))
    file = prepare(directory, text)
    with ExitStack() as stack:
        signals = stack.enter_context(Signals(STOP_SIGNALS | {signal.SIGCHLD}))
        log = stack.enter_context(open(directory / LOG, "wb"))
        children = make_children(args, demo, file, streamer, log)
        stack.callback(remove_segments, demo)
        stack.callback(stop_children, children)
        for child in children:
            child.start()
        watch(demo, children, directory, signals)
    return 0


def settings(args: argparse.Namespace, directory: Path) -> dict[str, Any]:
    """The demo's petcam.yaml."""
    name = f"/petcam_demo_{args.port}"
    return {
        "web": {"server": args.server, "host": args.host, "port": args.port},
        "streamer": {"host": args.host, "port": args.streamer_port},
        "camera": {
            "stream": f"{name}_stream",
            "detections": f"{name}_detections",
            "audio": f"{name}_audio",
            "source": args.source,
            "microphone": "source",
        },
        # 127.0.0.1 among the candidates: the browser is on this machine, which may have no other address.
        "webrtc": {"udp_port": args.streamer_port, "extra_hosts": ["127.0.0.1"]},
        "recording": {
            "directory": str(directory / "recordings"),
            "mode": args.record,
            "visit_days": KEPT_DAYS,
            "always_days": KEPT_DAYS,
        },
        "auth": {"mode": "none"},
    }


def require_source(word: str) -> None:
    """What can never be shown ends the demo with the reason, before anything is started. A camera may come later."""
    if word == "-":
        raise PetcamError(Code.BAD_SOURCE, say("demo.no_input"))
    sources.require_picture(sources.find(word, None, 0))


def require_free_ports(demo: Config) -> None:
    """One line that names the port and the option, before anything is started."""
    wanted = (
        (demo.web.port, demo.web.host, socket.SOCK_STREAM, "TCP", "--port"),
        (demo.streamer.port, demo.streamer.host, socket.SOCK_STREAM, "TCP", "--streamer-port"),
        (demo.webrtc.udp_port, demo.streamer.host, socket.SOCK_DGRAM, "UDP", "--streamer-port"),
    )
    if demo.web.port == demo.streamer.port:
        raise PetcamError(Code.PORT_UNAVAILABLE, say("demo.same_port", port=demo.web.port))
    for port, host, kind, protocol, option in wanted:
        if not is_port_free(host, port, kind):
            message = say("demo.port_taken", kind=protocol, port=port, host=host, option=option)
            raise PetcamError(Code.PORT_UNAVAILABLE, message)


def prepare(directory: Path, text: str) -> Path:
    file = directory / "petcam.yaml"
    try:
        (directory / "recordings").mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = say("demo.directory", directory=directory, error=error.strerror)
        raise PetcamError(Code.BAD_CONFIG, message) from error
    return file


def detects(args: argparse.Namespace, demo: Config) -> bool:
    """Whether petcam looks for pets itself; what is missing for it is said."""
    found = wanted(demo)
    if args.no_detector or (found.model is None and not found.is_lack):
        return False
    if not pyav.is_installed():
        tell("no_pyav", remedy=pyav.REMEDY)
    elif found.model is None:
        tell("no_model")
    return found.model is not None and pyav.is_installed()


def make_children(args: argparse.Namespace, demo: Config, file: Path, streamer: Path, log: IO[bytes]) -> list[Child]:
    """In the order in which the video passes them; they are stopped in reverse."""
    environment = petcam_environment(file.parent)
    petcam = [sys.executable, "-m", "petcam.cli", "--config", str(file)]
    delay = [] if args.detector_delay_ms is None else ["--detector-delay-ms", str(args.detector_delay_ms)]
    every = [] if args.detector_every is None else ["--detector-every", str(args.detector_every)]
    none = ["--no-detector"] if args.no_detector else []
    restless = ["--restless"] if args.restless else []
    commands = {
        "petcam feed": [*petcam, "feed", *delay, *every, *none, *restless],
        STREAMER: [str(streamer), "--config", str(file)],
    }
    if demo.web.server == "python":
        commands |= {"petcam web": [*petcam, "web"], "petcam events": [*petcam, "events"]}
    if detects(args, demo):
        commands["petcam detect"] = [*petcam, "detect"]
    return [Child(name, command, environment, log) for name, command in commands.items()]


def watch(demo: Config, children: list[Child], directory: Path, signals: Signals) -> None:
    """Print the URL once everything answers, and restart each child that ends, until Ctrl-C or SIGTERM."""
    started_at, announced, log = time.monotonic(), False, directory / LOG
    tell("where", directory=directory)
    while signals.wait(WATCH_POLL_SECONDS if announced else START_POLL_SECONDS) not in STOP_SIGNALS:
        for child in children:
            how = child.poll_exit()
            if how:
                tell("ended", name=child.name, how=how, log=log)
            child.restart_if_due()
        if not announced and (is_up(demo) or time.monotonic() - started_at > MAX_START_SECONDS):
            announced = True
            announce(demo, log)


def is_up(demo: Config) -> bool:
    """Whether the page answers, the streamer answers it, and the camera's picture is there."""
    body = http_get(demo.web.host, demo.web.port, "/api/go/health")
    try:
        return bool(json.loads(body or b"{}")["camera"]["state"] == "live")
    except (ValueError, KeyError, TypeError):
        return False


def announce(demo: Config, log: Path) -> None:
    if not is_up(demo):
        tell("no_picture", log=log)
        print(trouble_of_feed(log), end="")
    tell("detector", stream=demo.camera.stream, detections=demo.camera.detections)
    host = local_url_host(demo.web.host)
    if not is_loopback(demo.web.host):
        host = lan_address() if demo.web.host in ("0.0.0.0", "::") else host
        tell("exposed")
    tell("open", url=f"http://{host}:{demo.web.port}")


def trouble_of_feed(log: Path) -> str:
    """The last line in which the feed said why it shows nothing; empty: it said nothing."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    said = (line for line in reversed(lines) if line.startswith("WARNING petcam.feed:"))
    return next((line for line in said if "no sound" not in line), "")


def tell(what: str, **values: object) -> None:
    print("petcam demo:", say(f"demo.{what}", **values))


def stop_children(children: list[Child]) -> None:
    for child in reversed(children):
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    for child in children:
        child.wait_or_kill(deadline)


def remove_segments(demo: Config) -> None:
    """A feed that had to be killed leaves its segments behind."""
    for name in (demo.camera.stream, demo.camera.detections, demo.camera.audio):
        for leftover in (name, f"{name}.new"):
            with suppress(FileNotFoundError):
                os.unlink(f"/dev/shm{leftover}")
