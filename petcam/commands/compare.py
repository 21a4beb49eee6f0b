"""``petcam compare``: run both, look, advise. Exit status 0: both showed the picture; 1: not both, or none was run."""

import argparse
import importlib.util
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from petcam.compare.backend import HOST, Backend
from petcam.compare.verdict import Measured, choose, table
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.segments import inspect
from petcam.system.signals import Signals
from petcam.system.streamer_binary import NAME as STREAMER
from petcam.system.streamer_binary import REMEDY, find_streamer

SHORTEST, USUAL, LONGEST = 5.0, 30.0, 3600.0  # seconds
IDLE = 5.0  # seconds that are measured without a viewer
WARM_UP = 1.0
JOIN, LEAVE = 3.0, 1.0  # seconds for the viewers to come and go, besides those that are measured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=_seconds, default=USUAL, metavar="N", help="with viewers; default 30")


def run(args: argparse.Namespace, config: Config) -> int:
    streamer = _require(config)
    camera = _camera(config.camera.stream)
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        width, height, rate = camera.samples[-1].width, camera.samples[-1].height, camera.rate or 0.0
        about = f"{camera.name}: {width}x{height}, {rate:.1f} pictures/s"
        print(f"{about}; {args.seconds:g} s with one viewer of each", flush=True)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="petcam-compare-")))
        backends = _start(directory, config, streamer, stack)
        measured = _measure(backends, args.seconds, signals)
        if measured is None:
            return 130
        print(table(measured))
        return _advise(measured, backends, config)


def _require(config: Config) -> Path:
    """petcam-streamer's path; raises ``UNSUPPORTED`` or ``BAD_SEGMENT``, with the remedy, where anything is missing."""
    if importlib.util.find_spec("aiortc") is None:
        message = "the Python backend and the viewers need aiortc: sudo apt install python3-aiortc"
        raise PetcamError(Code.UNSUPPORTED, message)
    streamer = find_streamer()
    if streamer is None:
        raise PetcamError(Code.UNSUPPORTED, f"{STREAMER} is not there: {REMEDY}")
    return streamer


def _camera(segment: str) -> inspect.Summary:
    found = inspect.summarise(segment)
    if found.state == "live" and found.samples:
        return found
    why = {"absent": "is not there", "refused": f"cannot be read: {found.reason}"}.get(found.state, "has no news")
    remedy = "start the camera's daemon or petcam feed; petcam doctor says more"
    raise PetcamError(Code.BAD_SEGMENT, f"{segment} {why}, so there is nothing to compare with: {remedy}")


def _start(directory: Path, config: Config, streamer: Path, stack: ExitStack) -> list[Backend]:
    """The Go one first; both are stopped by ``stack``."""
    commands = {"go": [str(streamer)], "python": [sys.executable, "-m", "petcam.cli", "web"]}
    ports = _free_ports(2 * len(commands))
    started = []
    for name, command in commands.items():
        backend = Backend(name, command, directory / name, config, (ports.pop(), ports.pop()))
        stack.callback(backend.stop)
        backend.start()
        started.append(backend)
    return started


def _measure(backends: Sequence[Backend], seconds: float, signals: Signals) -> list[Measured] | None:
    """None where a signal has ended it."""
    for each in backends:  # the first viewer ever pays for what is loaded late
        each.watch(WARM_UP)
    for each in backends:
        each.seen()
    before = [each.cost() for each in backends]
    if signals.wait(IDLE) is not None:
        return None
    idle = [each.cost().percent_since(cost) for each, cost in zip(backends, before, strict=True)]
    for each in backends:
        each.watch(JOIN + seconds + LEAVE)
    if signals.wait(JOIN) is not None:
        return None
    before = [each.cost() for each in backends]
    if signals.wait(seconds) is not None:
        return None
    busy = [each.cost().percent_since(cost) for each, cost in zip(backends, before, strict=True)]
    memory = [each.memory() for each in backends]
    return [_measured(*each) for each in zip(backends, idle, busy, memory, strict=True)]


def _measured(backend: Backend, idle: float, cpu: float, memory: float) -> Measured:
    seen = backend.seen()
    return Measured(
        name=backend.name,
        idle=idle,
        cpu=cpu,
        memory=memory,
        rate=seen.get("rate", 0.0),
        first=seen.get("first_ms"),
        late=seen.get("late_ms"),
        late_p99=seen.get("late_p99_ms"),
    )


def _advise(measured: Sequence[Measured], backends: Sequence[Backend], config: Config) -> int:
    go, python = measured
    name, why = choose(go, python)
    now = config.webrtc.backend
    if name:
        change = "as it is" if name == now else f"now it is {now}; docs/migration.md has the switch"
        print(f"choose webrtc.backend: {name} ({change}): {why}")
    else:
        print(f"choose none yet: {why}")
    plays = [go.plays(python), python.plays(go)]
    failed = [backend for backend, well in zip(backends, plays, strict=True) if not well]
    for backend in failed:
        print(f"the {backend.name} backend's last words: {backend.last_words()}")
    return 1 if failed else 0


def _free_ports(count: int) -> list[int]:
    """Free for TCP and for UDP."""
    with ExitStack() as stack:
        found: list[int] = []
        while len(found) < count:
            tcp = stack.enter_context(socket.create_server((HOST, 0)))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind((HOST, tcp.getsockname()[1]))
            except OSError:
                continue
            found.append(tcp.getsockname()[1])
        return found


def _seconds(text: str) -> float:
    number = float(text)
    if not SHORTEST <= number <= LONGEST:
        raise argparse.ArgumentTypeError(f"must be from {SHORTEST:g} to {LONGEST:g}")
    return number
