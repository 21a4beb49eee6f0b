"""What live viewers cost, and how soon and how late they get the picture."""

from bench.camera import Camera, report, running, watch
from bench.figure import Figure

SETTLE = 3.0  # seconds for viewers to join
SPAN = 12.0  # seconds that are measured


def figures() -> list[Figure]:
    found: list[Figure] = []
    with running() as camera:
        for viewers in (0, 1, 10, 30):
            found += _with_viewers(camera, viewers)
    return found


def _with_viewers(camera: Camera, viewers: int) -> list[Figure]:
    watching = watch(camera, viewers, SETTLE + SPAN + 1) if viewers else None
    camera.cost(SETTLE)
    cost, memory = camera.cost(SPAN), camera.memory()
    at = f"at {viewers} viewers"
    found = [Figure(f"CPU of {name} {at}", value, "% of a core") for name, value in cost.items()]
    found += [Figure(f"memory of {name} {at}", value, "MiB") for name, value in memory.items()]
    if watching is None:
        return found
    seen = report(watching)
    if seen["frames"] < 25 * SPAN * viewers:
        raise RuntimeError(f"{viewers} viewers saw only {seen['frames']} frames")
    aim = {10: 0.30, 30: 0.18}.get(viewers)
    keyframe, latency = seen["offer_to_keyframe_ms"], seen["capture_to_last_packet_ms"]
    return found + [
        Figure(f"CPU of streamer per viewer {at}", cost["streamer"] / viewers, "% of a core", aim),
        Figure(f"offer to keyframe, median {at}", keyframe["median"], "ms", 50),
        Figure(f"capture to last packet, median {at}", latency["median"], "ms"),
        Figure(f"capture to last packet, p99 {at}", latency["p99"], "ms"),
    ]
