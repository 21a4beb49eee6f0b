"""Network cameras that stamp 30 pictures in a second and send other numbers of them, each for half a minute; and worse.

`make stress` runs them. Pictures and files are tested; what depends on the machine is printed as a table.
"""

import os

import pytest

from tests.zoo import clips, measured
from tests.zoo.habits import Habits
from tests.zoo.playing import Case

pytestmark = pytest.mark.skipif(os.environ.get("PETCAM_ZOO") != "all", reason="takes minutes: make stress")

STAMPED_FPS, SECONDS = 30, 30
RATES = (0.5, 0.6, 0.7, 0.84, 0.9, 1.0, 1.1)


def sending(name, fps, **habits):
    return Case(name, Habits(fps=fps, **habits), pictures=round(SECONDS * fps))


CASES = [
    *(sending(f"{rate:g} of its rate", rate * STAMPED_FPS, stamped=1 / rate) for rate in RATES),
    *(
        sending(f"{rate:g} of its rate, jitter 40 ms", rate * STAMPED_FPS, stamped=1 / rate, jitter=0.04)
        for rate in (0.5, 0.84)
    ),
    sending("jitter 80 ms", 30, jitter=0.08),
    sending("jumps each 5 s", 30, jumps=tuple((150 * number, (-1) ** number * 3.0) for number in range(1, 6))),
    sending("glitches each 2 s", 30, glitches=tuple((60 * number, (-1) ** number * 1.9) for number in range(1, 15))),
    sending("sets with the stamp before", 30, sets_stamped_before=True),
    Case("2 pictures in a second", Habits(fps=2), lambda: clips.h264(keyint=10), pictures=2 * SECONDS),
    sending("UDP, half of its rate", 15, stamped=2, transports=("udp",)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_one_recording_with_every_picture(case, tmp_path, capsys):
    found = measured.measure(case, tmp_path)
    with capsys.disabled():
        print(*[measured.head()] * (case is CASES[0]), found.row(), sep="\n", end="")
    assert (found.files, found.lost, found.connections) == (1, 0, 1)
