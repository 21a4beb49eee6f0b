"""petcam besieged: every bound that a stranger or a viewer can reach, each alone and all at once, by IPv4, IPv6 and
TLS, while the owner looks at the page and a recording runs. Needs root; all is in network namespaces of its own.

The attackers only get the computing time that the services and the owner leave: they stand for other devices.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from bench.camera import ROOT
from bench.detector import publishing
from bench.figure import Figure
from bench.siege_attacks import KINDS, Target
from bench.siege_board import DETECTIONS, STREAMER, TLS, UNITS, WATCHDOG_SECONDS, WEB, Board, board
from bench.siege_lan import ATTACKER_V4, ATTACKER_V6, BOARD_V4, BOARD_V6, SiegeLan, siege_lan
from bench.siege_owner import Asker, log_in, owner, request

OWNER_PASSWORD, VIEWER_PASSWORD = "the owner's own words", "words for the viewers"
ALONE_SECONDS, TOGETHER_SECONDS, PAUSE_SECONDS = 10.0, 60.0, 3.0
MAX_PAGE_MS, MAX_MEMORY_SHARE = 300.0, 60.0  # ms; % of the unit's limit
SAMPLE_SECONDS = 0.2
PRIORITY = -10  # of the services and the owner, before whatever else this machine does
ATTACKER_END_SECONDS = 10.0
RESULTS_PER_SECOND = 10  # of the detector
OLD_RECORDINGS, OLD_RECORDING_FILMS = 10, 10  # how many there are, and of how many films each is
H2_ADDRESSES = ATTACKER_V6[:4]
FILM = "testsrc2=rate=30:size=1920x1080,noise=alls=12:allf=t"
FILM_SECONDS = 4


@dataclass
class Damage:
    """What an attack did. ``memory`` is in % of the unit's limit, ``unfed`` in seconds, both by service."""

    name: str
    seconds: float
    page_ms: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # of the owner's requests
    memory: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)  # in % of a core, by service
    descriptors: dict[str, int] = field(default_factory=dict)
    unfed: dict[str, float] = field(default_factory=dict)
    health_gap: float = 0.0  # longest time without an answer of /healthz, in seconds
    dropped_frames: int = 0
    recording_ended: bool = False  # the siege then begins another before the next attack
    log_rate: float = 0.0  # bytes a second
    disk_bytes: int = 0  # most that was taken beside what the recordings grew
    restarts: int = 0
    deleted: int = 0  # recordings


def figures() -> list[Figure]:
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lan, besieged = stack.enter_context(siege_lan()), stack.enter_context(board(folder))
        film = _make_film(folder)
        _make_old_recordings(besieged, film)
        besieged.set_password(OWNER_PASSWORD)
        besieged.set_password(VIEWER_PASSWORD, "--viewer")
        besieged.launch(lan, film, stack)
        stack.enter_context(publishing(DETECTIONS, RESULTS_PER_SECOND))
        _await_live(lan)
        siege = Siege(lan, besieged)
        with siege.asking():
            damage = [siege.endure("nothing", []), *(siege.endure(kind, [kind]) for kind in siege.kinds)]
            damage.append(siege.endure("all at once", siege.kinds, TOGETHER_SECONDS))
    print(_table(damage))
    return list(_verdict(damage))


class Siege:
    def __init__(self, lan: SiegeLan, besieged: Board) -> None:
        self.kinds = [*KINDS, "http2_bodies"]
        self._lan, self._board = lan, besieged
        self._owner = owner(lan, OWNER_PASSWORD)
        self._health = Asker(lan, "board", [("127.0.0.1", WEB, "")], ("/healthz",))
        self._cookie = log_in(lan, "owner", BOARD_V4, WEB, OWNER_PASSWORD)
        names = sorted(path.name for path in besieged.recordings.glob("*.mp4"))
        viewer = log_in(lan, "attacker", BOARD_V4, WEB, VIEWER_PASSWORD)
        self._target = Target(
            [BOARD_V4, BOARD_V6], ATTACKER_V4 + ATTACKER_V6, WEB, STREAMER, TLS, STREAMER, viewer, names
        )

    @contextmanager
    def asking(self) -> Iterator[None]:
        with self._owner.asking(), self._health.asking():
            yield

    def _start_recording(self) -> None:
        headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
        status, _, body = request(
            self._lan, "owner", BOARD_V4, WEB, "POST", "/api/recording/start", headers, json.dumps({})
        )
        if status != 200:
            raise RuntimeError(f"no recording begins: {status} {body!r}")

    def endure(self, name: str, kinds: list[str], seconds: float = ALONE_SECONDS) -> Damage:
        if not self._state()["recording"]:
            self._start_recording()
        damage, before = Damage(name, seconds), self._state()
        for service in self._services():
            service.longest_unfed()
        begin = time.monotonic()
        attackers = [self._attacker(kind, seconds) for kind in kinds]
        while time.monotonic() < begin + seconds:
            self._sample(damage, before)
            time.sleep(SAMPLE_SECONDS)
        for kind, attacker in zip(kinds, attackers, strict=True):
            _end(kind, attacker)
        time.sleep(PAUSE_SECONDS)
        self._assess(damage, before, begin)
        print(f"{name}: {damage.problems}", file=sys.stderr, flush=True)
        return damage

    def _services(self) -> list[Any]:
        return [self._board.services[name] for name in UNITS]

    def _attacker(self, kind: str, seconds: float) -> "subprocess.Popen[str]":
        at_attacker = [*self._lan.inside("attacker"), "chrt", "--idle", "0"]
        if kind == "http2_bodies":
            words = [str(ROOT / "build/h2hold"), "-for", f"{seconds}s", "-from", ",".join(H2_ADDRESSES)]
            words += ["-url", f"https://[{BOARD_V6}]:{TLS}/login"]
        else:
            words = [sys.executable, "-m", "bench.siege_attacks", kind, str(seconds)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        attacker = subprocess.Popen([*at_attacker, *words], cwd=ROOT, **pipes)
        assert attacker.stdin is not None
        attacker.stdin.write(self._target.to_json())
        attacker.stdin.close()
        return attacker

    def _state(self) -> dict[str, Any]:
        _, _, body = request(self._lan, "board", "127.0.0.1", STREAMER, "GET", "/status", {})
        recorder = json.loads(body)
        return {
            "recording": recorder["recording"],
            "dropped": recorder["dropped_frames"],
            "log": sum(service.log.stat().st_size for service in self._services()),
            "cpu": {service.name: _cpu_seconds(service.process) for service in self._services()},
            "disk": self._board.disk_used() - self._recorded(),
            "restarts": sum(service.restarts for service in self._services()),
            "names": {path.name for path in self._board.recordings.glob("*.mp4")},
            "at": time.monotonic(),
        }

    def _recorded(self) -> int:
        return sum(path.stat().st_blocks * 512 for path in self._board.recordings.iterdir())

    def _sample(self, damage: Damage, before: dict[str, Any]) -> None:
        for service in self._services():
            share = 100 * service.memory.in_use() / service.memory.limit
            damage.memory[service.name] = max(damage.memory.get(service.name, 0.0), share)
            try:
                descriptors = service.process.num_fds()
            except psutil.Error:  # it has just ended
                continue
            damage.descriptors[service.name] = max(damage.descriptors.get(service.name, 0), descriptors)
        taken = self._board.disk_used() - self._recorded() - before["disk"]
        damage.disk_bytes = max(damage.disk_bytes, taken)

    def _assess(self, damage: Damage, before: dict[str, Any], begin: float) -> None:
        after = self._state()
        answers = [answer for answer in self._owner.answers if answer.at >= begin]
        damage.page_ms = [answer.ms for answer in answers]
        damage.problems = [f"{answer.what}: {answer.problem}" for answer in answers if answer.problem]
        good = [begin, *(a.at + a.ms / 1000 for a in self._health.answers if a.at >= begin and not a.problem)]
        damage.health_gap = max(late - early for early, late in pairwise([*good, time.monotonic()]))
        damage.unfed = {service.name: service.longest_unfed() for service in self._services()}
        passed = after["at"] - before["at"]
        damage.cpu = {name: 100 * (after["cpu"][name] - before["cpu"][name]) / passed for name in UNITS}
        damage.dropped_frames = max(0, after["dropped"] - before["dropped"])
        damage.recording_ended = not after["recording"]
        damage.log_rate = (after["log"] - before["log"]) / passed
        damage.restarts = after["restarts"] - before["restarts"]
        damage.deleted = len(before["names"] - after["names"])


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has just ended
        return 0.0
    return float(times.user + times.system)


def _end(kind: str, attacker: "subprocess.Popen[str]") -> None:
    """It ends by itself; not even a stuck one stays."""
    assert attacker.stdout is not None
    try:
        attacker.wait(ATTACKER_END_SECONDS)
    except subprocess.TimeoutExpired:
        attacker.kill()
        attacker.wait()
    print(f"  {kind}: {attacker.stdout.read().strip()}", file=sys.stderr, flush=True)
    attacker.stdout.close()


def _make_film(folder: Path) -> Path:
    """A few seconds of 1080p30 with 4 Mb/s, which petcam-feed plays over and over."""
    film = folder / "film.h264"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", FILM, "-t", str(FILM_SECONDS), "-c:v", "libx264"]
    command += ["-profile:v", "baseline", "-preset", "veryfast", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "2M"]
    command += ["-g", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-x264-params", "aud=1", str(film)]
    subprocess.run(command, check=True)
    return film


def _make_old_recordings(besieged: Board, film: Path) -> None:
    first = besieged.recordings / "petcam_20260101-000000.mp4"
    words = ["-framerate", "30", "-f", "h264", "-i", "-", "-c", "copy", str(first)]
    subprocess.run(["ffmpeg", "-v", "error", *words], input=film.read_bytes() * OLD_RECORDING_FILMS, check=True)
    for number in range(1, OLD_RECORDINGS):
        shutil.copy(first, besieged.recordings / f"petcam_20260101-0000{number:02}.mp4")


def _await_live(lan: SiegeLan) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            _, _, body = request(lan, "board", "127.0.0.1", STREAMER, "GET", "/health", {})
            status, _, _ = request(lan, "board", "127.0.0.1", TLS, "GET", "/healthz", {})
            if json.loads(body)["camera"]["state"] == "live" and status == 200:
                return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.1)
    raise RuntimeError("the camera did not come up in 30 s")


def _table(damage: list[Damage]) -> str:
    """One line for each attack, as Markdown."""
    heads = ["meanwhile", "owner's answers, median / p99 / worst, ms", "failed"]
    heads += [f"memory of {name}, % of its limit" for name in UNITS]
    heads.append(f"CPU ({', '.join(UNITS)}), % of a core")
    heads += ["longest without /healthz, s", f"watchdog unfed ({', '.join(UNITS)}), s", "frames lost"]
    heads += ["log, bytes/s", "disk taken, MB", f"descriptors ({', '.join(UNITS)})", "restarts", "recordings deleted"]
    return "\n".join([_cells(heads), _cells(["---"] * len(heads)), *(_cells(_values(each)) for each in damage)])


def _values(damage: Damage) -> list[str]:
    worst = f"{statistics.median(damage.page_ms):.0f} / {_p99(damage.page_ms):.0f} / {max(damage.page_ms):.0f}"
    return [
        damage.name,
        worst,
        f"{len(damage.problems)} of {len(damage.page_ms)}",
        *(f"{damage.memory[name]:.0f}" for name in UNITS),
        ", ".join(f"{max(0.0, damage.cpu[name]):.0f}" for name in UNITS),
        f"{damage.health_gap:.1f}",
        ", ".join(f"{damage.unfed[name]:.1f}" for name in UNITS),
        "it ended" if damage.recording_ended else str(damage.dropped_frames),
        f"{damage.log_rate:.0f}",
        f"{damage.disk_bytes / 1e6:.1f}",
        ", ".join(str(damage.descriptors.get(name, 0)) for name in UNITS),
        str(damage.restarts),
        str(damage.deleted),
    ]


def _cells(values: list[str]) -> str:
    return f"| {' | '.join(values)} |"


def _verdict(damage: list[Damage]) -> Iterator[Figure]:
    """The worst of all attacks against what must hold."""
    for name, each in (("each attack alone", damage[1:-1]), ("all at once", damage[-1:])):
        times = [ms for one in each for ms in one.page_ms]
        yield Figure(f"{name}: owner's answers, median", statistics.median(times), "ms", MAX_PAGE_MS)
        yield Figure(f"{name}: owner's answers, p99", _p99(times), "ms", MAX_PAGE_MS)
        yield Figure(f"{name}: owner's answers, worst", max(times), "ms", MAX_PAGE_MS)
        yield Figure(f"{name}: owner's requests that failed", sum(len(one.problems) for one in each), "", 0)
        for unit in UNITS:
            shares = [one.memory[unit] for one in each]
            yield Figure(f"{name}: memory of {unit}, of its unit's limit", max(shares), "%", MAX_MEMORY_SHARE)
            unfed = [one.unfed[unit] for one in each]
            yield Figure(f"{name}: watchdog of {unit} unfed", max(unfed), "s", WATCHDOG_SECONDS)
        yield Figure(f"{name}: frames that the recording lost", sum(one.dropped_frames for one in each), "", 0)
        yield Figure(f"{name}: recordings that ended", sum(one.recording_ended for one in each), "", 0)
        yield Figure(f"{name}: recordings deleted", sum(one.deleted for one in each), "", 0)
        yield Figure(f"{name}: restarts", sum(one.restarts for one in each), "", 0)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]
