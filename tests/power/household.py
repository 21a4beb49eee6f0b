"""People of a household use a camera at random, and remember what it told them was done.

Each act notes what may be true from when it is asked on, and what is true once it is answered. A power cut in between
leaves the first: :mod:`tests.power.inspection` compares with that.
"""

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.package.machine import eventually
from tests.power.forgetful_disk import ForgetfulDisk
from tests.power.image import UPGRADES
from tests.power.virtual_machine import Answer, PowerCut, VirtualMachine

PAGE, STREAMER = 8080, 8081
CONFIG = "/etc/petcam/petcam.yaml"
# As a careful editor does: a new file, checked, synced, renamed. The detector has threads as well.
EDIT = f"""\
set -e
sed '/^web:/,/^[a-z]/s/^  threads: .*/  threads: '$1'/' {CONFIG} >{CONFIG}.new
petcam check-config {CONFIG}.new >/dev/null
chown --reference={CONFIG} {CONFIG}.new
chmod --reference={CONFIG} {CONFIG}.new
sync {CONFIG}.new
mv {CONFIG}.new {CONFIG}
sync /etc/petcam
systemctl restart petcam.target
"""
# What a cut in an earlier upgrade left is finished as people would.
UPGRADE = 'dpkg --configure -a; dpkg -i "$@"'

# What people do, and how often beside the rest.
ACTS = {
    "start": 3,
    "stop": 2,
    "watch": 6,
    "pin": 6,
    "delete": 3,
    "change_password": 3,
    "log_in": 3,
    "log_out": 3,
    "log_out_everywhere": 1,
    "add_token": 3,
    "revoke_token": 3,
    "turn_camera": 2,
    "edit_settings": 1,
    "upgrade": 1,
}


@dataclass
class Session:
    cookie: str
    holds: bool | None = True  # None: it was being ended
    proven: bool = False  # it has outlived a restart, so it is on the disk


@dataclass
class Token:
    label: str
    text: str
    holds: bool | None = True


@dataclass
class Recording:
    name: str
    least_frames: int = 0  # that are durable by what the streamer said
    frames: int | None = None  # all of them, where its end was answered
    exists: bool | None = True
    pinned: bool | None = False
    last_seen_frames: int = 0


@dataclass
class Memory:
    """What was answered, and what may be besides."""

    passwords: list[str] = field(default_factory=list)  # the owner's is one of these; none: it was never set
    may_be_unset: bool = True
    old_passwords: list[str] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    recordings: dict[str, Recording] = field(default_factory=dict)
    threads: set[int] = field(default_factory=lambda: {40})
    camera: set[bool] = field(default_factory=lambda: {True})  # whether it may be on
    versions: set[str] = field(default_factory=set)
    upgrading: bool = False
    doing: str = ""  # the act that is under way


class Household:
    def __init__(
        self, machine: VirtualMachine, disk: ForgetfulDisk, randomness: random.Random, versions: dict[str, list[str]]
    ) -> None:
        """``versions``: the names of packages in ``UPGRADES`` by their version."""
        self._machine, self._disk, self._randomness, self._versions = machine, disk, randomness, versions
        self.memory = Memory()
        self._growing: Recording | None = None
        self._seen: list[tuple[int, int]] = []  # frames written and syncs done, of the growing recording

    def live(self, favourite: str) -> None:
        """Do one thing after another, until :class:`PowerCut` is raised; every other is the ``favourite``."""
        self._growing = None
        if self._cookie and self._randomness.random() < 0.8:
            self._act("start")
        while True:
            self._act(self._next(favourite))

    def _next(self, favourite: str) -> str:
        if not self._cookie:
            return "log_in" if self.memory.passwords else "set_up"
        if self._randomness.random() < 0.5:
            return favourite
        return self._randomness.choices(list(ACTS), list(ACTS.values()))[0]

    def _act(self, name: str) -> None:
        self.memory.doing = name
        getattr(self, name)()
        if self._growing is not None:
            self._look()
        self.memory.doing = ""

    @property
    def _cookie(self) -> str:
        return next((session.cookie for session in self.memory.sessions if session.holds), "")

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, cookie: str | None = None) -> Answer:
        """An answer that came after the cut is none."""
        headers = {"Cookie": self._cookie if cookie is None else cookie}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._machine.ask(method, PAGE, path, headers, urlencode(form or {}))
        if self._disk.power_is_off.is_set():
            raise PowerCut
        return answer

    def turn(self, on: bool, cookie: str | None = None) -> None:
        self.memory.camera.add(on)
        headers = {"Cookie": self._cookie if cookie is None else cookie, "Content-Type": "application/json"}
        answer = self._machine.ask("PUT", PAGE, "/api/camera", headers, json.dumps({"on": on}))
        if self._disk.power_is_off.is_set():
            raise PowerCut
        assert answer.status == 200, answer
        self.memory.camera = {on}

    def _run(self, *command: str) -> str:
        output = self._machine.run(*command, check=False)
        if self._disk.power_is_off.is_set():
            raise PowerCut
        return output

    def _new_password(self) -> str:
        return f"password {self._randomness.randrange(1 << 40):x}"

    def set_up(self) -> None:
        new = self._new_password()
        self.memory.passwords = [new]
        answer = self.ask("POST", "/setup", {"password": new, "again": new}, "")
        assert answer.status == 303, answer
        self.memory.may_be_unset = False
        self._admitted(answer)

    def _admitted(self, answer: Answer) -> None:
        found = re.match(r"petcam_session=[^;]+", answer.headers.get("Set-Cookie", ""))
        assert found, answer
        self.memory.sessions.insert(0, Session(found[0]))

    def log_in(self) -> None:
        answer = self.ask("POST", "/login", {"password": self.memory.passwords[0]}, "")
        assert answer.status == 303, answer
        self._admitted(answer)

    def log_out(self) -> None:
        session = self._randomness.choice([each for each in self.memory.sessions if each.holds])
        session.holds = None
        answer = self.ask("POST", "/logout", {}, session.cookie)
        assert answer.status == 303, answer
        session.holds = False

    def log_out_everywhere(self) -> None:
        cookie = self._cookie
        self._end_sessions(None)
        answer = self.ask("POST", "/account/logout-everywhere", {}, cookie)
        assert answer.status == 303, answer
        self._end_sessions(False)

    def _end_sessions(self, holds: bool | None) -> None:
        for session in self.memory.sessions:
            if session.holds is not False:
                session.holds = holds

    def change_password(self) -> None:
        old, new, cookie = self.memory.passwords[0], self._new_password(), self._cookie
        self.memory.passwords = [old, new]
        self._end_sessions(None)
        answer = self.ask("POST", "/account/password", {"current": old, "password": new, "again": new}, cookie)
        assert answer.status == 303, answer
        self.memory.passwords = [new]
        self.memory.old_passwords.append(old)
        self._end_sessions(False)
        self._admitted(answer)

    def add_token(self) -> None:
        label = f"label{self._randomness.randrange(1 << 30):x}"
        found = re.search(r"^petcam_\S+$", self._run("petcam", "token", "add", label), re.MULTILINE)
        assert found
        self.memory.tokens.append(Token(label, found[0]))

    def revoke_token(self) -> None:
        for token in [each for each in self.memory.tokens if each.holds][:1]:
            token.holds = None
            output = self._run("petcam", "token", "revoke", token.label)
            assert token.label in output, output
            token.holds = False

    def start(self) -> None:
        if self._growing is not None:
            return
        answer = self.ask("POST", "/api/recording/start")
        if answer.status != 200:  # the camera has not begun to send since the last restart
            return
        self._growing, self._seen = Recording(json.loads(answer.body)["filename"]), []
        self.memory.recordings[self._growing.name] = self._growing

    def stop(self) -> None:
        growing = self._growing
        if growing is None:
            return
        answer = self.ask("POST", "/api/recording/stop")
        if answer.status != 200:  # it ended by itself, as the feed or the streamer was restarted, or nobody knows
            return
        self._growing = None
        ended = json.loads(answer.body)
        if ended["filename"] == growing.name:
            growing.frames = ended["frame_count"]
        # A restart of the feed meanwhile has begun another file.
        self.memory.recordings.setdefault(ended["filename"], Recording(ended["filename"], frames=ended["frame_count"]))

    def watch(self) -> None:
        """Until some of a recording that runs is durable, or a little longer."""
        for _ in range(self._randomness.randrange(1, 12)):
            self._run("sleep", "0.3")
            if self._growing is not None:
                self._look()
        eventually(self._is_durable)

    def _is_durable(self) -> bool:
        """Whether some of the recording is, or none runs."""
        if self._growing is not None:
            self._look()
        return self._growing is None or self._growing.least_frames > 0

    def _look(self) -> None:
        """At how far the recording is: what was written before the last sync began is durable.

        The streamer says first how many frames it has written, then how many syncs it has done. One more may have been
        under way; that which follows began later, and has taken all those frames along.
        """
        assert self._growing is not None
        said = self.ask("GET", "/api/recording/status")
        answer = self._machine.ask("GET", STREAMER, "/metrics", {})
        if self._disk.power_is_off.is_set():
            raise PowerCut
        if said.status != 200:  # too late, on a busy machine: it may go on
            return
        status = json.loads(said.body)
        if status.get("filename") != self._growing.name or not status.get("recording"):
            self._growing = None
            return
        syncs = _metric(answer, "petcam_recording_syncs_total")
        self._seen.append((status["frame_count"], syncs))
        durable = [frames for frames, then in self._seen if syncs >= then + 2]
        self._growing.least_frames = max([self._growing.least_frames, *durable])
        self._growing.last_seen_frames = status["frame_count"]

    def _kept(self) -> list[Recording]:
        return [each for each in self.memory.recordings.values() if each.exists and each is not self._growing]

    def pin(self) -> None:
        for recording in self._kept()[-3:]:
            wanted = not recording.pinned
            recording.pinned = None
            answer = self.ask("PUT" if wanted else "DELETE", f"/api/recordings/{recording.name}/pin")
            recording.pinned = wanted if answer.status == 204 else None

    def delete(self) -> None:
        for recording in [each for each in self._kept() if each.pinned is False][:1]:
            recording.exists = None
            answer = self.ask("DELETE", f"/api/recordings/{recording.name}")
            assert answer.status == 204, answer
            recording.exists = False

    def turn_camera(self) -> None:
        """Off, and on again: while it is off there is nothing to record."""
        self.stop()
        self.turn(False)
        self.turn(True)

    def edit_settings(self) -> None:
        threads = self._randomness.choice((16, 24, 32, 40))
        self.memory.threads.add(threads)
        self._growing = None  # the streamer ends it
        output = self._run("sh", "-c", EDIT, "edit", str(threads))
        assert not output, output
        self.memory.threads = {threads}

    def upgrade(self) -> None:
        version = self._randomness.choice(sorted(set(self._versions) - self.memory.versions) or sorted(self._versions))
        self.memory.versions.add(version)
        self._growing, self.memory.upgrading = None, True
        files = [f"{UPGRADES}/{name}" for name in self._versions[version]]
        output = self._run("sh", "-c", UPGRADE, "upgrade", *files)
        assert f"Setting up petcam ({version})" in output, output
        self.memory.versions, self.memory.upgrading = {version}, False


def _metric(answer: Answer, name: str) -> int:
    found: Any = re.search(rf"^{name} (\S+)$", answer.body.decode(), re.MULTILINE)
    return int(float(found[1])) if found else 0
