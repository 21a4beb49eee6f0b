"""What hearing costs `petcam feed`, and how true its times are: `make bench ARGS=microphone`, a minute.

The card is that of the tests (tests/integration/feed/fake_card.c), in ALSA's own library, fast by 200 ppm; it needs
gcc and libasound2-dev. Sound alone is fed, so that all of the process is capture, encoder and segment; and beside the
demo's pictures, with it and without.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from bench.camera import ROOT
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from petcam.feed.hearing import CardClock
from petcam.shm.audio import AudioReader

CARD = ROOT / "tests/integration/feed/fake_card.c"
PPM = 200
SETTLE_SECONDS, MEASURE_SECONDS = 5.0, 15.0
CPU_AIM, MEMORY_AIM = 2.0, 1.0  # percent of a core; MiB
HOURS, PACKETS_PER_HOUR, PACKET_SAMPLES = 1, 180_000, 960
JITTER_NS = 1_000_000  # of the stamps of a card on USB


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        environment = _with_card(Path(folder))
        percent, _, off_ms = _fed(Path(folder), "card", environment)
        yield Figure("CPU of a core, a microphone captured and encoded", percent, "%", CPU_AIM)
        yield Figure("furthest beep from its second, card 200 ppm fast", off_ms, "ms", 20)
        without, less, _ = _fed(Path(folder), "", environment, "demo")
        both, more, _ = _fed(Path(folder), "card", environment, "demo")
        yield Figure("CPU of a core, the same beside the demo's pictures", both - without, "%", CPU_AIM)
        yield Figure("memory that a microphone takes beside the demo's pictures", more - less, "MiB", MEMORY_AIM)
    yield Figure(f"furthest of a card's clock in {HOURS} h, 200 ppm fast, stamps 1 ms off", _hours_ms(), "ms", 1)


def _with_card(folder: Path) -> dict[str, str]:
    """The environment in which ALSA knows the card."""
    library, file = folder / "libfakecard.so", folder / "asound.conf"
    subprocess.run(["gcc", "-shared", "-fPIC", "-DPIC", "-O2", "-o", library, CARD, "-lasound", "-lm"], check=True)
    file.write_text(f'pcm_type.fakecard {{ lib "{library}" }}\npcm.card {{ type fakecard ppm {PPM} }}\n')
    return {**os.environ, "ALSA_CONFIG_PATH": str(file)}


def _fed(folder: Path, microphone: str, environment: dict[str, str], *source: str) -> tuple[float, float, float]:
    """Percent of a core, MiB that are the process's own, and ms by which the worst beep is off."""
    name = f"/petcam_bench_{os.getpid()}"
    names = f"stream: {name}_s, detections: {name}_d, audio: {name}_a"
    file = folder / "petcam.yaml"
    file.write_text(f'camera: {{{names}, microphone: "{microphone}"}}\n')
    with _running([sys.executable, "-m", "petcam.cli", "feed", "--config", str(file), *source], environment) as pid:
        time.sleep(SETTLE_SECONDS)
        before, at = cpu_ns(pid), time.monotonic_ns()
        off_ms = _listen(f"{name}_a") if microphone else 0.0
        time.sleep(max(0.0, MEASURE_SECONDS - (time.monotonic_ns() - at) / 1e9))
        percent = 100 * (cpu_ns(pid) - before) / (time.monotonic_ns() - at)
        return percent, psutil.Process(pid).memory_full_info().uss / 2**20, off_ms


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _listen(name: str) -> float:
    """Each second's first loud packet is to have been captured up to 20 ms before it begins, and an encoder looks
    6.5 ms ahead; ms beyond."""
    worst, was_loud, deadline = 0.0, True, time.monotonic() + MEASURE_SECONDS
    with AudioReader(name) as reader:
        while time.monotonic() < deadline and (packet := reader.read(2.0)) is not None:
            is_loud = packet.rms_db > -40
            if is_loud and not was_loud:
                late = (packet.capture_ns / 1e6 + 500) % 1000 - 500
                worst = max(worst, late, -26.5 - late)
            was_loud = is_loud
    return worst


def _hours_ms() -> float:
    clock, noise, worst = CardClock(48_000), np.random.default_rng(1), 0.0
    step = PACKET_SAMPLES * 1e9 / 48_000 / (1 + PPM / 1e6)
    for number in range(HOURS * PACKETS_PER_HOUR):
        true = 10**15 + number * step
        clock.observe(number * PACKET_SAMPLES, round(true + noise.uniform(-1, 1) * JITTER_NS))
        if number > 50:
            worst = max(worst, abs(clock.time_ns(number * PACKET_SAMPLES) - true))
    return worst / 1e6
