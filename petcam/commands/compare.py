"""``petcam compare``: run both backends, measure them, advise. Exit status 0: both showed the picture; 1: they did not,
or none could be run."""

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
from petcam.system.streamer_binary import STREAMER, STREAMER_REMEDY, find_streamer

MIN_SECONDS, DEFAULT_SECONDS, MAX_SECONDS = 5.0, 30.0, 3600.0  # of --seconds
IDLE_SECONDS = 5.0  # measured without a viewer
WARM_UP_SECONDS = 1.0
JOIN_SECONDS, LEAVE_SECONDS = 3.0, 1.0  # for the viewers to come and go, before and after what is measured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=_seconds, default=DEFAULT_SECONDS, metavar="N", help="with viewers; default 30"
    )


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
        raise PetcamError(Code.UNSUPPORTED, f"{STREAMER} is not there: {STREAMER_REMEDY}")
    return streamer


def _camera(segment: str) -> inspect.Summary:
    found = inspect.summarise(segment)
    if found.state == "live" and found.samples:
        return found
    why = {"absent": "is not there", "refused": f"cannot be read: {found.reason}"}.get(found.state, "has no news")
    remedy = "start the camera's daemon or petcam feed; sudo petcam doctor says more"
    raise PetcamError(Code.BAD_SEGMENT, f"{segment} {why}, so there is nothing to compare with: {remedy}")


def _start(directory: Path, config: Config, streamer: Path, stack: ExitStack) -> list[Backend]:
    """The Go backend, then the Python one; ``stack`` stops both."""
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
    """None where a signal ended the measurement."""
    for each in backends:  # the very first viewer waits for what is loaded on first use
        each.start_client(WARM_UP_SECONDS)
    for each in backends:
        each.client_report()
    before = [each.cpu_time() for each in backends]
    if signals.wait(IDLE_SECONDS) is not None:
        return None
    idle_cpu = [each.cpu_time().percent_since(cpu_time) for each, cpu_time in zip(backends, before, strict=True)]
    for each in backends:
        each.start_client(JOIN_SECONDS + seconds + LEAVE_SECONDS)
    if signals.wait(JOIN_SECONDS) is not None:
        return None
    before = [each.cpu_time() for each in backends]
    if signals.wait(seconds) is not None:
        return None
    busy = [each.cpu_time().percent_since(cpu_time) for each, cpu_time in zip(backends, before, strict=True)]
    memory_mib = [each.memory_mib() for each in backends]
    return [_figures(*each) for each in zip(backends, idle_cpu, busy, memory_mib, strict=True)]


def _figures(backend: Backend, idle_cpu: float, cpu: float, memory_mib: float) -> Measured:
    report = backend.client_report()
    return Measured(
        name=backend.name,
        idle_cpu=idle_cpu,
        cpu=cpu,
        memory_mib=memory_mib,
        rate=report.get("rate", 0.0),
        first_picture_ms=report.get("first_picture_ms"),
        latency_ms=report.get("latency_ms"),
        latency_p99_ms=report.get("latency_p99_ms"),
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
        print(f"the {backend.name} backend's last words: {backend.last_log_line()}")
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
    if not MIN_SECONDS <= number <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"must be from {MIN_SECONDS:g} to {MAX_SECONDS:g}")
    return number
