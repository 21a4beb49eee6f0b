"""``make soak``: viewers watch for a long time; memory, descriptors and threads of the services must stay flat."""

import argparse
import time

from bench.camera import Camera, report, running, watch

SETTLE = 60.0  # seconds before the first sample that counts
EVERY = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--viewers", type=int, default=5)
    options = parser.parse_args()
    seconds = options.minutes * 60
    with running() as camera:
        viewers = watch(camera, options.viewers, seconds)
        time.sleep(min(SETTLE, seconds / 4))
        samples = [_sample(camera)]
        end = time.monotonic() + seconds - SETTLE
        while time.monotonic() < end - EVERY:
            time.sleep(EVERY)
            samples.append(_sample(camera))
        seen = report(viewers)
    print(f"{options.viewers} viewers, {options.minutes:g} minutes, {len(samples)} samples")
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        print(f"{name:24} first {values[0]:8.1f}  last {values[-1]:8.1f}  most {max(values):8.1f}")
    print(f"frames {seen['frames']}, lost packets {seen['lost_packets']}")


def _sample(camera: Camera) -> dict[str, float]:
    found = {f"{name} memory, MiB": value for name, value in camera.memory().items()}
    for name, process in camera.processes.items():
        found[f"{name} descriptors"] = process.num_fds()
        found[f"{name} threads"] = process.num_threads()
    return found


if __name__ == "__main__":
    main()
