"""Processes that make a change and may be killed while they do.

They are forked off one that has imported everything, because hundreds are needed. Called as a program this is that one:
it reads lines ``INDEX FOLDER`` and answers each with how the process ended.
"""

import os
import subprocess
import sys
from pathlib import Path

from petcam.access import password_file
from tests.faults import changes

ROOT = Path(__file__).parent.parent.parent


class Victims:
    def __init__(self):
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victims"],
            **{"cwd": ROOT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True},
        )

    def make(self, change, folder):
        """Make the change in a process of its own, and return its exit status; below 0: the signal that killed it."""
        self._parent.stdin.write(f"{changes.ALL.index(change)} {folder}\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def close(self):
        self._parent.stdin.close()
        self._parent.wait()
        self._parent.stdout.close()


def serve():
    password_file.SCRYPT_COST["n"] = 16
    for line in sys.stdin:
        index, folder = line.rstrip("\n").split(" ", 1)
        child = os.fork()
        if child == 0:
            changes.ALL[int(index)].make(Path(folder))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
