"""The events of /api/detections/stream; the streamer's tests use the same file of cases.

What each case gives is what the code here made of it: ``python -m tests.unit.web.test_feed_cases`` writes that anew.
"""

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from petcam.shm import rtp
from petcam.web.live.detection_feed import serialise
from petcam.web.sound import loudness

FILE = Path(__file__).parents[2] / "feed-cases.json"
NAMES = (
    *(
        "cat",
        "guinea pig",
        "猫",
        "いぬ",
        "\U0001f431",
        'say "cat"',
        "\\",
        "</script>&'",
        "é\u0080\x7f~ ",
        "\ufffd\uffff",
    ),
    *("\n\r\t\f\b", "\x01\x1f\x0b", "\u2028\u2029", "\U0010ffff\ue000\ud7ff"),
)
NUMBERS = (
    0.0,
    -0.0,
    0.005,
    0.015,
    0.125,
    0.375,
    1.005,
    2.675,
    -0.004,
    -0.005,
    1e-9,
    1e-40,
    4096.995,
    16777216.0,
    1e7,
    3e38,
)
SCORES = (0.0, 1.0, 0.5, 0.00005, 0.00015, 0.99995, 0.03125, 0.93, 1e-9)


def result_event(result: dict[str, Any]) -> str:
    boxes = [
        SimpleNamespace(**dict(zip(("class_name", "confidence", *"xywh"), box, strict=True))) for box in result["boxes"]
    ]
    timestamp = rtp.timestamp(result["capture_ns"])
    return serialise(SimpleNamespace(**{**result, "boxes": boxes, "rtp_timestamp": timestamp})).decode()


def level_event(packets: list[list[int]]) -> str:
    """``packets`` are the levels as they stand in the segment, hundredths of dBFS."""
    heard = [SimpleNamespace(rms_db=rms / 100, peak_db=peak / 100, publish_ns=0) for rms, peak in packets]
    return loudness.serialise(loudness.loudness(heard)).decode()


CASES = json.loads(FILE.read_text()) if FILE.exists() else {"results": [], "levels": []}


@pytest.mark.parametrize("case", CASES["results"])
def test_results(case):
    assert result_event({key: case[key] for key in case if key != "event"}) == case["event"]


@pytest.mark.parametrize("case", CASES["levels"])
def test_levels(case):
    assert level_event(case["packets"]) == case["event"]


def test_there_are_cases_of_each_kind():
    assert len(CASES["results"]) > 50 and len(CASES["levels"]) > 50


def _results(chance: random.Random) -> list[dict[str, Any]]:
    def box(name: str, score: float, numbers: list[float]) -> list[Any]:
        return [name, *(float(np.float32(number)) for number in (score, *numbers))]

    def result(number: int, capture_ns: int, boxes: list[list[Any]]) -> dict[str, Any]:
        return {"frame_number": number, "capture_ns": capture_ns, "width": 1280, "height": 720, "boxes": boxes}

    odd = [box(name, chance.choice(SCORES), chance.sample(NUMBERS, 4)) for name in NAMES]
    found = [result(0, 0, []), result(2**64 - 1, 2**64 - 1, [])]
    found += [result(1, moment, []) for moment in (99_999, 11_111, 11_112, 2**32 * 100_000 // 9 + 1, 2**61, 2**63)]
    found += [result(number, chance.randrange(2**46), [each]) for number, each in enumerate(odd)]
    found += [
        result(number, 3, [box("dog", score, [number, *NUMBERS[:3]])])
        for number, score in enumerate((*SCORES, *SCORES))
    ]
    for number in range(20):
        boxes = [
            box(chance.choice(NAMES), chance.random(), [chance.uniform(-500, 4096) for _ in range(4)])
            for _ in range(chance.choice((1, 1, 2, 3)))
        ]
        found.append(result(number, chance.randrange(2**50), boxes))
    found.append(result(7, 8, (odd * 3)[:32]))
    return found


def _levels(chance: random.Random) -> list[list[list[int]]]:
    alone = [[[level, 0]] for level in (0, -1, -4, -5, -6, -9600, -9599, -9595, -4025, -4035, -4005, -3015)]
    ties = [[[level, level]] * count for level in (-5, -15, -4025, -4045, -9555) for count in (2, 3, 10)]
    several = [
        [[rms := chance.randint(-9600, 0), chance.randint(rms, 0)] for _ in range(chance.randint(1, 10))]
        for _ in range(40)
    ]
    return [*alone, *ties, *several, [[-9600, -9600]] * 64]


def _write() -> None:
    chance = random.Random(23)
    lines = {
        "results": [{**each, "event": result_event(each)} for each in _results(chance)],
        "levels": [{"packets": each, "event": level_event(each)} for each in _levels(chance)],
    }
    parts = [f'"{name}": [\n' + ",\n".join(map(json.dumps, each)) + "\n]" for name, each in lines.items()]
    FILE.write_text("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    _write()
