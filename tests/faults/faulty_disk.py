"""A disk whose faults a test chooses: the folder ``path`` is a mount of ``tests/faults/faultfs`` over another folder.

What is counted is operations that change the disk; ``kinds`` names some of ``KINDS``, and ``name`` is a pattern for the
file's name. A fault is counted from the moment it is ordered. ``heal`` ends all faults.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "build" / "faultfs"
KINDS = ("create", "open", "write", "fsync", "fsyncdir", "rename", "link", "unlink", "mkdir", "setattr")
TAKING_SPACE = ("create", "write", "mkdir", "link")
SYNCING = ("fsync", "fsyncdir")
ANSWER_TIMEOUT_SECONDS = 60.0  # enough for a busy machine


def missing():
    """Why there can be no such disk here; empty where there can."""
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "needs root and /dev/fuse, to mount a disk with faults"
    return "" if PROGRAM.exists() else "needs build/faultfs: make build/faultfs"


class FaultyDisk:
    def __init__(self):
        """Mounts ``path`` over ``behind``, both in a directory of its own: pytest clears away its own ones, at times
        while a mount is in them. Raises PermissionError where root may not mount, as in some containers."""
        self._directory = Path(tempfile.mkdtemp(prefix="petcam_disk_"))
        self.behind, self.path = self._directory / "behind", self._directory / "disk"
        self._socket = self._directory / "orders"
        self.behind.mkdir(mode=0o750)
        self.path.mkdir()
        self._cuts = 0
        words = [PROGRAM, self.behind, self.path, self._socket]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(words, text=True, **pipes)
        said = self._process.stdout.readline()
        if said != "ready\n":
            self.close()
            raise PermissionError(said) if "not permitted" in said else RuntimeError(said)

    def close(self):
        self._process.stdin.close()
        self._process.wait(ANSWER_TIMEOUT_SECONDS)
        self._process.stdout.close()
        shutil.rmtree(self._directory)

    def fail(self, errno, nth=1, last=None, **where):
        """The ``nth`` operation fails, or those from ``nth`` to ``last`` (0: for ever), and nothing of it is done."""
        return self._rule("fail", nth, nth if last is None else last, errno=errno, **where)

    def fill(self):
        """Nothing more has room."""
        self._order("full", full=True)
        return self.fail("ENOSPC", last=0, kinds=TAKING_SPACE)

    def make_read_only(self):
        return self.fail("EROFS", last=0, kinds=[kind for kind in KINDS if kind not in SYNCING])

    def slow_down(self, seconds, kinds=SYNCING, **where):
        """Each sync takes so many seconds."""
        return self._rule("wait", 1, 0, kinds=kinds, seconds=seconds, **where)

    def hold(self, nth=1, last=None, **where):
        """The operations wait until ``heal``. While an fsync waits, the kernel lets nobody write into that file."""
        return self._rule("wait", nth, nth if last is None else last, **where)

    def kill(self, nth=1, **where):
        """Who asks for the ``nth`` operation is killed (SIGKILL) once it is done, before it has the answer."""
        return self._rule("kill", nth, nth, **where)

    def cut_power(self, nth=1, **where):
        """After the ``nth`` operation nothing works any more. Call ``track_power`` before, ``after_cut`` then."""
        return self._rule("cut", nth, nth, **where)

    def wait(self, rule, times=1):
        """Wait until the fault ``rule`` has happened so often, or has begun to."""
        self._order("wait", rule=rule, times=times)

    def heal(self):
        self._order("clear")

    def trace(self):
        """The operations since this was called last, as dicts (``operation`` in faultfs/disk.go), as they ended."""
        return self._order("trace").get("trace", [])

    def track_power(self):
        """What is there now is durable; from here on only what is synced becomes so."""
        self._order("track")

    def after_cut(self, names_synced):
        """A new folder with what the disk holds if the power fails now: names as the folder's last fsync left them, or
        as they are at the moment. Both may happen; content is never more than the file's last fsync made durable."""
        self._cuts += 1
        into = self.behind.with_name(f"after_cut_{self._cuts}")
        self._order("after cut", into=str(into), synced=names_synced)
        return into

    def _rule(self, action, first, last, kinds=(), name="", **more):
        return self._order("rule", action=action, first=first, last=last, kinds=list(kinds), name=name, **more)["rule"]

    def _order(self, do, **words):
        with socket.socket(socket.AF_UNIX) as orders:
            orders.settimeout(ANSWER_TIMEOUT_SECONDS)
            orders.connect(str(self._socket))
            orders.sendall(json.dumps({"do": do, **words}).encode() + b"\n")
            with orders.makefile() as answers:
                answer = json.loads(answers.readline())
        assert not answer.get("error"), answer["error"]
        return answer
