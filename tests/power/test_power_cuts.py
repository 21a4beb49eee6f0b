"""A board whose power is cut at any moment boots, lets in nobody new, and has what it said it had done."""

import random
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.film import encoded
from tests.package.machine import debian_root
from tests.package.package import Release
from tests.power import image
from tests.power.forgetful_disk import ForgetfulDisk
from tests.power.household import Household
from tests.power.inspection import FRAME_RATE, Findings, Inspection
from tests.power.virtual_machine import KINDS, PowerCut, VirtualMachine

SUITE = "trixie"
CUTS_OF_A_LIFE = 6  # then a new board begins, so that set-up is cut as well
LONGEST_SECONDS = 20.0  # from the last inspection to a cut by the clock
JOURNAL_SECONDS = 60.0  # for the journal of a machine on which a test has failed
MOST_COMMANDS = 150  # to one by the commands that the disk has had
# What they do half of the time, until the cut.
FAVOURITES = (
    "watch",
    "watch",
    "watch",
    "change_password",
    "pin",
    "add_token",
    "turn_camera",
    "edit_settings",
    "upgrade",
)


@dataclass
class Disk:
    image: Path  # of a board that has never run
    file_system: str
    versions: dict[str, list[str]]  # the packages in UPGRADES by their version


class Cuts:
    """Boards that live until the power is cut, time and again."""

    def __init__(self, disk: Disk, machine: VirtualMachine, randomness: random.Random) -> None:
        self._disk, self._machine, self._randomness = disk, machine, randomness
        self._medium = machine.folder / "medium"
        self._drive: ForgetfulDisk | None = None
        self.household: Household | None = None

    def new_board(self) -> None:
        """It is cut at once, in its first boot: keys are made then."""
        self.close()
        subprocess.run(["cp", "--sparse=always", self._disk.image, self._medium], check=True)
        self._drive = ForgetfulDisk(self._medium, self._randomness)
        self.household = Household(self._machine, self._drive, self._randomness, self._disk.versions)

    def cut(self, number: int) -> Findings:
        """Boot where nothing runs, live, cut, boot, inspect."""
        if number % CUTS_OF_A_LIFE == 0:
            self.new_board()
        assert self._drive is not None and self.household is not None
        favourite = self._randomness.choice(FAVOURITES)
        if number % CUTS_OF_A_LIFE == 0:
            self._drive.cut_after(self._randomness.randrange(400))
            self._machine.start(self._drive)
            how = "from the first boot on"
        else:
            how = self._order_cut()
        with suppress(PowerCut):
            self._machine.await_agent()
            self.household.live(favourite)
        doing = self.household.memory.doing or "booting"
        self._machine.cut_power()
        waiting = self._drive.restore_power()
        self._machine.start(self._drive)
        self._machine.await_agent()
        findings = Inspection(self._machine, self.household).run()
        print(f"cut {number} ({how}), doing: {doing}; {waiting} blocks unflushed{findings}", flush=True)
        return findings

    def _order_cut(self) -> str:
        assert self._drive is not None
        if self._randomness.random() < 0.7:
            commands = self._randomness.randrange(MOST_COMMANDS)
            self._drive.cut_after(commands)
            return f"{commands} commands"
        seconds = self._randomness.uniform(0, LONGEST_SECONDS)
        self._drive.cut_in(seconds)
        return f"{seconds:.1f} s"

    def close(self) -> None:
        self._machine.cut_power()
        if self._drive is not None:
            self._drive.close()
            self._drive = None


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return secrets.randbelow(1 << 32) if given is None else int(given)


@pytest.fixture(scope="session")
def kind(request: pytest.FixtureRequest) -> type[VirtualMachine]:
    kind = KINDS[request.config.getoption("--machine")]
    if why := kind.missing():
        pytest.skip(why)
    return kind


@pytest.fixture(scope="session")
def disk(kind: type[VirtualMachine], file_system: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp(file_system)
    film = folder / "film.h264"
    film.write_bytes(b"".join(data for data, _ in encoded()))
    release = Release.built("amd64")
    versions = (f"{release.version}.1", f"{release.version}.2")
    upgrades = [release.as_version(version, folder) for version in versions]
    with image.board(debian_root(SUITE, "amd64"), release, upgrades, film, kind.agent_line) as board:
        image.make_image(board, file_system, folder / "image")
    yield Disk(
        folder / "image",
        file_system,
        {version: [path.name for path in each.paths] for version, each in zip(versions, upgrades, strict=True)},
    )
    shutil.rmtree(folder)


@pytest.mark.timeout(0)
def test_nothing_that_was_answered_is_lost_and_nobody_new_is_let_in(
    disk: Disk, kind: type[VirtualMachine], seed: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    count = request.config.getoption("--cuts")
    machine = kind(tmp_path, disk.file_system)
    cuts = Cuts(disk, machine, random.Random(seed))
    number = 0
    lost: list[int] = []
    try:
        for number in range(count):
            lost += [frames] if (frames := cuts.cut(number).lost_frames) is not None else []
        most = max(lost, default=0) / FRAME_RATE
        print(f"{count} cuts with --seed {seed}; {len(lost)} in a recording, of which {most:.2f} s were lost at most")
    except BaseException:
        memory = cuts.household.memory if cuts.household else None
        print(f"cut {number} with --seed {seed}\n{memory}\n{machine.console[-3000:]}")
        with suppress(PowerCut, AssertionError):  # a machine that hangs says nothing
            print(machine.run("journalctl", "-b", "-n", "150", "--no-pager", check=False, timeout=JOURNAL_SECONDS))
        raise
    finally:
        cuts.close()
