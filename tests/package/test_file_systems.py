"""Recordings on the file systems that disks have, on loop devices: a user's way through the page's API, and an owner's
with the disk. docs/recordings.md, "File systems", has what these tests measure.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.package.appliance import (
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    edit_config,
    is_active,
    log_in,
    record,
    start_feed,
)
from tests.package.installation import Installed
from tests.package.machine import Machine, booted, eventually
from tests.package.volume import FILE_SYSTEMS, FileSystem, Volume

OPTIONS = "noexec,nosuid,nodev"  # as desktops mount
MIN_FREE_BYTES = 24 << 20
NOT_MOUNTED = "Disk not mounted"  # takes the place of the reason of the end, once that is noticed
DROP_IN = "[Service]\nReadWritePaths={path}\n"


class Board:
    """A machine whose camera is live, and the page's API as its owner."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._session = log_in(machine)
        self._directory = RECORDINGS
        edit_config(machine, "min_free_bytes: 0", f"min_free_bytes: {MIN_FREE_BYTES}")
        start_feed(machine)
        self.uid, self.gid = (machine.run("id", option, "petcam").strip() for option in ("-u", "-g"))

    def record_into(self, path: str) -> None:
        """Make it recording.directory, as petcam.yaml(5) says for a folder elsewhere."""
        edit_config(self.machine, f"directory: {self._directory}", f"directory: {path}")
        self._directory = path
        for unit in (WEB, STREAMER):
            folder = self.machine.root / f"etc/systemd/system/{unit}.d"
            folder.mkdir(exist_ok=True)
            (folder / "recordings.conf").write_text(DROP_IN.format(path=path))
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", WEB, STREAMER)
        await_camera(self.machine, "live")

    def ask(self, method: str, path: str, *options: str) -> tuple[int, str]:
        """The answer's status and body."""
        return self.machine.curl(f"{PAGE_URL}/api/{path}", *self._session, "-X", method, *options)

    def fetch(self, path: str, into: Path, *options: str) -> int:
        """The status of an answer whose body goes into a file."""
        return self.ask("GET", path, "-o", str(into), *options)[0]

    def does(self, method: str, path: str, *options: str) -> Any:
        """Ask for what must be done, and is. Its JSON."""
        status, body = self.ask(method, path, *options)
        assert status in (200, 204), f"{method} {path}: {status} {body}"
        return json.loads(body) if body else None

    def status(self) -> Any:
        return self.does("GET", "recording/status")

    def start(self) -> str:
        """Begin a recording; returns its name once some of it is on the disk."""
        name = self.does("POST", "recording/start")["filename"]
        eventually(lambda: self.status()["frame_count"] > 30)
        return str(name)

    def start_refused(self) -> Any:
        """The answer to a start that is refused for the disk."""
        status, body = self.ask("POST", "recording/start")
        assert status == 507, body
        return json.loads(body)

    def recorded(self) -> str:
        return record(self.machine, self._session)

    def listed(self) -> dict[str, Any]:
        return {each["name"]: each for each in self.does("GET", "recordings")["recordings"]}

    def await_end(self) -> Any:
        """Until the recording has ended by itself; its status."""
        eventually(lambda: not self.status()["recording"])
        return self.status()

    def is_well(self) -> bool:
        restarts = [self.machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)]
        return is_active(self.machine, WEB, STREAMER) and restarts == ["0", "0"]


@pytest.fixture(scope="module")
def board(installed: Installed) -> Iterator[Board]:
    with booted(*installed.layers) as machine:
        eventually(lambda: is_active(machine, WEB, STREAMER))
        yield Board(machine)


pytestmark = pytest.mark.parametrize("base", ["trixie"], indirect=True, scope="session")


IN_CI = ("ext4", "exfat", "ntfs")  # the others are like ext4
CASES = [
    pytest.param(kind, id=kind.name, marks=() if kind.name in IN_CI else pytest.mark.slow) for kind in FILE_SYSTEMS
]


@pytest.fixture(scope="module", params=CASES)
def one_volume(board: Board, request: pytest.FixtureRequest) -> Iterator[Volume]:
    """Mounted, petcam's, and where it records."""
    kind: FileSystem = request.param
    if why := kind.missing():
        pytest.skip(f"{kind.name}: {why}")
    with ExitStack() as stack:
        volume = Volume(kind, board.machine, f"/srv/{kind.name}")
        stack.callback(volume.close)
        mount(volume, board)
        board.record_into(volume.path)
        yield volume


@pytest.fixture
def volume(board: Board, one_volume: Volume) -> Volume:
    """Nothing is on it but the mark by which petcam knows it, and nothing is recorded."""
    board.ask("POST", "recording/stop")
    one_volume.leave()
    mount(one_volume, board)
    board.machine.run("find", one_volume.path, "-mindepth", "1", "!", "-name", ".petcam-place", "-delete")
    board.machine.run("sync", "-f", one_volume.path)  # btrfs frees late
    return one_volume


def mount(volume: Volume, board: Board, *more: str) -> None:
    owned = volume.kind.owned.format(uid=board.uid, gid=board.gid)
    volume.mount(",".join(filter(None, (OPTIONS, owned, *more))))
    if not owned and "ro" not in more:
        give(volume, board, "petcam:petcam", "2770")
    eventually(lambda: board.ask("GET", "recordings")[0] == 200)  # it is noticed within two seconds


def give(volume: Volume, board: Board, owner: str, mode: str) -> None:
    board.machine.run("chown", owner, volume.path)
    board.machine.run("chmod", mode, volume.path)


def remount(volume: Volume, board: Board, *more: str) -> None:
    """It can only be unmounted once nothing of it is open, which petcam-web closes a moment after the answer."""
    eventually(lambda: not volume.is_busy())
    mount(volume, board, *more)


def test_a_recording_is_played_pinned_downloaded_and_deleted(board: Board, volume: Volume, tmp_path: Path) -> None:
    film = pytest.importorskip("tests.faults.film")
    name = board.start()
    assert board.listed()[name]["state"] == "recording"
    assert board.ask("GET", f"recordings/{name}", "-r", "4-7") == (206, "ftyp")
    assert board.fetch(f"recordings/{name}/thumbnail.jpg", tmp_path / "thumbnail.jpg") == 200
    board.does("PUT", f"recordings/{name}/pin")
    frames = board.does("POST", "recording/stop")["frame_count"]
    remount(volume, board)
    listed = board.listed()[name]
    assert (listed["state"], listed["pinned"], listed["frames"]) == ("complete", True, frames)
    copy = tmp_path / name
    assert board.fetch(f"recordings/{name}?download=1", copy) == 200
    assert copy.stat().st_size == listed["size"]
    assert film.decoded_frames(copy) == frames
    assert board.ask("DELETE", f"recordings/{name}")[0] == 409
    board.does("DELETE", f"recordings/{name}/pin")
    board.does("DELETE", f"recordings/{name}")
    remount(volume, board)
    assert name not in board.listed()
    assert board.ask("GET", f"recordings/{name}")[0] == 404


def test_nothing_that_was_asked_for_keeps_the_disk_from_being_unmounted(
    board: Board, volume: Volume, tmp_path: Path
) -> None:
    name = board.recorded()
    missing = "petcam_20200101-000000.mp4"
    asked = [
        (200, "POST", "recording/start"),
        (200, "POST", "recording/stop"),
        (409, "POST", "recording/stop"),
        (400, "POST", "recording/start", "--json", '{"filename": "/"}'),
        (200, "GET", "recordings"),
        (204, "PUT", f"recordings/{name}/pin"),
        (204, "PUT", f"recordings/{name}/pin"),
        (409, "DELETE", f"recordings/{name}"),
        (200, "GET", f"recordings/{name}", "-o", str(tmp_path / "copy")),
        (206, "GET", f"recordings/{name}", "-r", "40-47", "-o", str(tmp_path / "copy")),
        (416, "GET", f"recordings/{name}", "-r", "999999999-"),
        (200, "GET", f"recordings/{name}/thumbnail.jpg", "-o", str(tmp_path / "copy")),
        (204, "DELETE", f"recordings/{name}/pin"),
        (204, "DELETE", f"recordings/{name}/pin"),
        (404, "PUT", f"recordings/{missing}/pin"),
        (404, "GET", f"recordings/{missing}/thumbnail.jpg"),
        (404, "DELETE", f"recordings/{missing}"),
        (204, "DELETE", f"recordings/{name}"),
    ]
    for expected, method, path, *options in asked:
        status, body = board.ask(method, path, *options)
        assert status == expected, f"{method} {path}: {status} {body}"
        if (method, path) != ("POST", "recording/start"):
            remount(volume, board)
    assert board.is_well()


def test_a_disk_that_is_mounted_read_only_is_said_and_only_played(board: Board, volume: Volume) -> None:
    name = board.recorded()
    remount(volume, board, "ro")
    status, body = board.ask("POST", "recording/start")
    assert (status, json.loads(body)["reason"]) == (507, "Disk read-only")
    for method, path in (("PUT", "/pin"), ("DELETE", "")):
        status, body = board.ask(method, f"recordings/{name}{path}")
        assert status == 403 and "read-only" in body
    assert board.ask("GET", f"recordings/{name}", "-r", "4-7") == (206, "ftyp")
    remount(volume, board)
    board.does("DELETE", f"recordings/{name}")


def test_a_disk_that_is_not_petcams_is_said_with_what_to_do(board: Board, volume: Volume) -> None:
    assert not volume.is_busy()
    volume.mount(f"{OPTIONS},uid=0,gid=0,umask=022" if volume.kind.owned else OPTIONS)
    if not volume.kind.owned:
        give(volume, board, "root:root", "0755")
    eventually(lambda: board.start_refused()["reason"] != NOT_MOUNTED)
    said = board.start_refused()
    assert said["reason"] == "Not permitted" and "sudo petcam doctor" in said["message"]
    eventually(lambda: board.ask("GET", "recordings")[0] == 200)  # petcam-web notices a disk within two seconds
    remount(volume, board)
    board.does("DELETE", f"recordings/{board.recorded()}")


def test_others_who_fill_the_disk_end_a_recording_and_lose_nothing(board: Board, volume: Volume) -> None:
    """Recordings together stay as large as they were when there was room: docs/recordings.md, "Space"."""
    names = [board.recorded() for _ in range(2)]
    kept = sum(board.listed()[each]["size"] for each in names)
    name = board.start()
    fill(board, volume, 2 * MIN_FREE_BYTES // 3)
    eventually(
        lambda: board.machine.run("cat", f"{volume.path}/.petcam-space", check=False).startswith("petcam-space 1 ")
    )
    assert board.status()["recording"]
    fill(board, volume, MIN_FREE_BYTES // 3)
    assert board.await_end()["reason"] == "Space low"
    listed = board.listed()
    assert listed[name]["state"] == "complete"
    assert sum(each["size"] for each in listed.values()) >= kept
    assert len(board.machine.run("sh", "-c", f"ls {volume.path}/others*").split()) == 2
    status, body = board.ask("POST", "recording/start")
    assert (status, json.loads(body)["reason"]) == (507, "Space low")
    board.machine.run("sh", "-c", f"rm {volume.path}/others*")
    board.machine.run("sync", "-f", volume.path)
    board.recorded()
    assert board.is_well()


def fill(board: Board, volume: Volume, leave: int) -> None:
    """Another program takes all but so many bytes."""
    blocks, size = map(int, board.machine.run("stat", "-f", "-c", "%a %S", volume.path).split())
    taken = max(0, blocks * size - leave) >> 20
    path = f"{volume.path}/others-{leave}"
    without_fallocate = f"dd if=/dev/zero of={path} bs=1M count={taken} conv=fsync"
    board.machine.run("sh", "-c", f"fallocate -l {taken}M {path} || {without_fallocate}")


def test_a_disk_that_is_pulled_out_is_said_and_works_again_once_it_is_back(board: Board, volume: Volume) -> None:
    first = board.recorded()
    board.start()
    volume.pull_out()
    ended = board.await_end()
    assert ended["reason"] in ("Disk fault", "Disk read-only") and ended["error"]
    assert board.ask("GET", "recordings")[0] in (200, 503)  # the kernel may have it in memory
    assert board.ask("GET", f"recordings/{first}", "-r", "4-7")[0] in (206, 503)
    assert board.ask("POST", "recording/start")[0] == 507
    comes_back(board, volume, first)


def test_a_disk_whose_program_dies_is_said_and_works_again_once_it_is_back(board: Board, volume: Volume) -> None:
    if not volume.kind.owned:
        pytest.skip(f"{volume.kind.name} is of the kernel, and no program")
    first = board.recorded()
    board.start()
    volume.kill_daemon()
    assert board.await_end()["reason"] in ("Directory missing", NOT_MOUNTED)
    assert board.start_refused()["reason"] in ("Directory missing", NOT_MOUNTED)
    for method, path in (("GET", ""), ("GET", f"/{first}"), ("PUT", f"/{first}/pin"), ("DELETE", f"/{first}")):
        status, body = board.ask(method, f"recordings{path}")
        assert status == 503 and json.loads(body)["error"] in ("Disk fault", NOT_MOUNTED)
    comes_back(board, volume, first)


def comes_back(board: Board, volume: Volume, first: str) -> None:
    eventually(lambda: not volume.is_busy())
    volume.put_in()
    mount(volume, board)
    second = board.recorded()
    listed = board.listed()
    assert {first, second} <= set(listed) and {each["state"] for each in listed.values()} == {"complete"}
    remount(volume, board)
    assert board.is_well()


def test_a_disk_that_is_unmounted_lazily_ends_the_recording_with_a_whole_file(board: Board, volume: Volume) -> None:
    name = board.start()
    volume.unmount("--lazy")
    assert board.await_end()["reason"] in ("Directory removed", NOT_MOUNTED)
    mount(volume, board)
    assert board.listed()[name]["state"] == "complete"


def test_a_growing_file_that_is_deleted_ends_the_recording(board: Board, volume: Volume) -> None:
    name = board.start()
    board.machine.run("rm", f"{volume.path}/{name}.part")
    assert board.await_end()["reason"] == "Directory removed"
    remount(volume, board)


def test_what_the_file_system_lacks_is_said_once(board: Board, volume: Volume) -> None:
    since = time.time()
    board.machine.run("systemctl", "restart", STREAMER)
    await_camera(board.machine, "live")
    for _ in range(2):
        board.recorded()
    said = board.machine.journal(since, "-u", STREAMER).count("has no modes of its own")
    assert said == (1 if volume.kind.owned else 0)
