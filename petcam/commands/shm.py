"""``petcam shm list | show NAME | check NAME``: list the segments, describe one, check whether its writer keeps the
rules of docs/shm-layout.md."""

import argparse
import re
import time

from petcam.config import Config
from petcam.errors import PetcamError
from petcam.segments import check, detection_reader, inspect, stream_reader
from petcam.segments.inspect import Summary

NAME_HELP = "such as /petcam_stream"
READ_TIMEOUT_SECONDS = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|check")
    actions.add_parser("list", help="all segments in a line each")
    show = actions.add_parser("show", help="all that can be said of one segment")
    show.add_argument("name", metavar="NAME", help=NAME_HELP)
    checking = actions.add_parser("check", help="watch a writer and say which rules it breaks; exit 1 if any")
    checking.add_argument("name", metavar="NAME", help=NAME_HELP)
    checking.add_argument("--seconds", type=_seconds, default=5.0, metavar="N", help="how long to watch; default 5")


def run(args: argparse.Namespace, config: Config) -> int:
    if args.action == "list":
        return _list(config)
    name = "/" + args.name.lstrip("/")
    return _show(inspect.summarise(name)) if args.action == "show" else _check(name, args.seconds)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("must be above 0 and at most 3600")
    return value


def _list(config: Config) -> int:
    names = sorted({*inspect.names(), config.camera.stream, config.camera.detections, config.camera.audio})
    width = max(map(len, names))
    print(f"{'SEGMENT':<{width}} {'STATE':<8} {'LAYOUT':<7} {'RATE':>8} {'AGE':>8}  WRITER")
    for name in names:
        found = inspect.summarise(name)
        figures = f"{_rate(found):>8} {_ago(found.age_seconds):>8}"
        who = found.writer or found.reason.partition(": ")[2] or "-"
        print(f"{name:<{width}} {found.state:<8} {found.layout or '-':<7} {figures}  {who}")
    return 0


def _show(found: Summary) -> int:
    for label, text in _lines(found):
        print(f"{label:<12} {text}")
    return 0 if found.state in ("live", "silent") else 1


def _lines(found: Summary) -> list[tuple[str, str]]:
    lines = [("segment", found.name), ("state", found.state)]
    if found.reason:
        lines.append(("refused", found.reason.partition(": ")[2] or found.reason))
    if found.size:
        lines += [("size", f"{found.size} bytes"), ("mode", found.mode)]
    if not found.layout:
        return lines
    lines.append(("layout", f"{found.layout}, {found.kind}"))
    if found.writer:
        lines += [
            ("writer", found.writer),
            ("epoch", f"{found.epoch}, created {_ago(found.seconds_since_creation)} ago"),
        ]
        lines.append(("heartbeat", f"{_ago(found.seconds_since_heartbeat)} ago"))
    lines.append(("records", f"{found.published}"))
    if found.samples:
        latest = found.samples[-1]
        lines.append(("newest", f"{_ago(found.age_seconds)} ago"))
        if found.kind != "audio":
            lines.append(("picture", f"{latest.width}x{latest.height}"))
        lines.append(("rate", _rate(found)))
        lines += _KIND_LINES[found.kind](found)
    return lines


def _stream_lines(found: Summary) -> list[tuple[str, str]]:
    bitrate = "-" if found.bitrate is None else f"{found.bitrate / 1e6:.2f} Mb/s"
    return [("bit rate", bitrate), ("keyframes", f"every {_ago(found.keyframe_interval_seconds)}")]


def _detections_lines(found: Summary) -> list[tuple[str, str]]:
    return [("boxes", f"{found.samples[-1].boxes} in the newest")]


def _audio_lines(found: Summary) -> list[tuple[str, str]]:
    bitrate = "-" if found.bitrate is None else f"{found.bitrate / 1e3:.0f} kb/s"
    heard = f"{found.samples[-1].rms_db:.0f} dBFS in the newest, peak {found.peak_db:.0f} dBFS in the last 10 s"
    return [("bit rate", bitrate), ("level", heard)]


_KIND_LINES = {"stream": _stream_lines, "detections": _detections_lines, "audio": _audio_lines}


def _rate(found: Summary) -> str:
    return "-" if found.rate is None else f"{found.rate:.1f}/s"


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _check(name: str, seconds: float) -> int:
    print(f"watching {name} for {seconds:g} s")
    found = inspect.summarise(name)
    if found.layout == "rdk-x5":
        return _check_rdk(found, seconds)
    shape = inspect.shape_of(name)
    if shape is None:
        print("FAIL  there is no segment of that name with data: start its writer")
        return 1
    try:
        report = check.watch(name, shape, seconds)
    except PetcamError as error:
        print(f"FAIL  {error.message}")
        return 1
    for rule, (case, count) in report.broken.items():
        times = f" ({case}{f', and {count - 1} more' if count > 1 else ''})" if case else ""
        print(f"FAIL  {rule}{times}")
    verdict = f"rules broken: {len(report.broken)}" if report.broken else "all rules kept"
    print(f"{report.records} records, {verdict}")
    return 1 if report.broken else 0


def _check_rdk(found: Summary, seconds: float) -> int:
    """The older layouts have few rules that could be checked, so report what a reader accepts and refuses."""
    make = stream_reader if found.kind == "stream" else detection_reader
    records, faults = 0, {}
    with make("rdk-x5", found.name) as reader:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            records += reader.read(min(left, READ_TIMEOUT_SECONDS)) is not None
            if reader.last_fault:
                faults[_without_numbers(reader.last_fault)] = reader.last_fault
        skipped = reader.skipped
    for fault in faults.values():
        print(f"FAIL  {fault}")
    if not records and not faults:
        print(f"FAIL  {_why_no_record(found.kind, seconds)}")
    print(f"{records} records, {skipped} skipped or refused (layout rdk-x5)")
    return 0 if records and not skipped else 1


def _without_numbers(fault: str) -> str:
    """Faults that differ only in their numbers are reported once."""
    return re.sub(r"[0-9]+", "N", fault)


def _why_no_record(kind: str, seconds: float) -> str:
    if kind == "stream":
        return f"no frame was written in {seconds:g} s: is its daemon running, and the camera connected?"
    return f"no result was written in {seconds:g} s: is its detector running, and something to be found in the picture?"
