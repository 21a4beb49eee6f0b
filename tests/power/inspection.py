"""What a board is after a power cut, compared with what its household was told; what was open is settled by it."""

import io
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.package.machine import TIMEOUT_FACTOR, eventually
from tests.power.household import CONFIG, PAGE, STREAMER, Household, Memory, Recording
from tests.power.virtual_machine import BOOT_SECONDS, Answer, VirtualMachine

UNITS = ("petcam-web", "petcam-streamer", "petcam-feed", "petcam.target")
FRAME_RATE = 30
# What a kernel says whose file system is damaged: then it is the tests' disk that is wrong.
DAMAGE = re.compile(r"EXT4-fs error|BTRFS (error|critical)")


@dataclass
class Findings:
    """What is only reported."""

    lost_frames: int | None = None  # of those that the streamer had said it had written
    durable_frames: int = 0  # of the same recording, that by its syncs had to be there
    package: str = ""  # what dpkg says of one whose upgrade was cut

    def __str__(self) -> str:
        package = f"; dpkg: {self.package}" if self.package else ""
        if self.lost_frames is None:
            return package
        lost = self.lost_frames / FRAME_RATE
        return f"; a recording: {self.durable_frames} frames had to be there, {lost:.2f} s lost{package}"


class Inspection:
    def __init__(self, machine: VirtualMachine, household: Household) -> None:
        self._machine, self._household = machine, household
        self._memory: Memory = household.memory
        self.findings = Findings()

    def run(self) -> Findings:
        """Waits for the board, without a hand; an ``AssertionError`` says what is lost or open."""
        self._await_services()
        assert not DAMAGE.search(self._machine.console), self._machine.console[-3000:]
        self._check_owner()
        self._check_sessions()
        self._check_tokens()
        self._check_recordings()
        self._check_camera()
        self._check_settings()
        self._check_package()
        return self.findings

    def _await_services(self) -> None:
        seconds = BOOT_SECONDS / TIMEOUT_FACTOR
        for port, path in ((PAGE, "/healthz"), (STREAMER, "/health")):
            eventually(partial(self._answers, port, path), seconds)
        eventually(lambda: self._states() == {"active"}, seconds)
        failed = self._machine.run("systemctl", "list-units", "--failed", "--no-legend", "--plain", "petcam*")
        assert not failed, failed + self._machine.run("journalctl", "-b", "-u", "petcam*", "--no-pager")

    def _answers(self, port: int, path: str) -> bool:
        return self._machine.ask("GET", port, path, {}).status == 200

    def _states(self) -> set[str]:
        return set(self._machine.run("systemctl", "is-active", *UNITS, check=False).split())

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None, cookie: str = "") -> Answer:
        return self._household.ask(method, path, form, cookie)

    def _check_owner(self) -> None:
        """Nobody new sets a password; of the owner's possible ones one is good, and no earlier one is."""
        memory = self._memory
        is_open = self._ask("GET", "/setup").status == 200
        assert memory.may_be_unset or not is_open, "a stranger may set the password"
        if is_open:
            memory.passwords, memory.sessions = [], []
            return
        memory.may_be_unset = False
        self._assert_no_stranger()
        good = [each for each in memory.passwords if self._lets_in(each)]
        assert len(good) == 1, f"{len(good)} of {len(memory.passwords)} possible passwords are good"
        memory.old_passwords += [each for each in memory.passwords if each not in good]
        memory.passwords = good
        if memory.old_passwords:
            assert not self._lets_in(memory.old_passwords[-1]), "an earlier password is good again"

    def _assert_no_stranger(self) -> None:
        form = {"password": "a stranger's own", "again": "a stranger's own"}
        assert "Set-Cookie" not in self._ask("POST", "/setup", form).headers, "a stranger has set the password"
        assert self._ask("GET", "/api/recordings").status == 401, "a stranger sees the recordings"

    def _lets_in(self, password: str) -> bool:
        answer = self._ask("POST", "/login", {"password": password})
        assert answer.status in (303, 401, 403), answer
        return answer.status == 303

    def _check_sessions(self) -> None:
        for session in self._memory.sessions:
            is_in = self._ask("GET", "/api/recordings", cookie=session.cookie).status == 200
            assert session.holds is not False or not is_in, "an ended session is good again"
            assert not (session.holds and session.proven) or is_in, "a session that had been written is gone"
            session.holds, session.proven = is_in, is_in

    def _check_tokens(self) -> None:
        for token in self._memory.tokens:
            status = self._machine.ask("GET", PAGE, "/snapshot.jpg", {"Authorization": f"Bearer {token.text}"}).status
            is_good = status != 401
            assert token.holds is None or is_good == token.holds, f"token: {token.holds} before, {status} now"
            token.holds = is_good

    def _check_recordings(self) -> None:
        cookie = self._signed_in()
        if not cookie:
            return
        eventually(lambda: all(each["state"] == "complete" for each in self._listed(cookie).values()))
        listed = self._listed(cookie)
        for name, recording in list(self._memory.recordings.items()):
            if self._is_as_told(recording, listed.get(name), cookie):
                recording.exists = True
            else:
                del self._memory.recordings[name]
        for name, entry in listed.items():
            self._memory.recordings.setdefault(name, Recording(name, pinned=entry["pinned"], frames=entry["frames"]))

    def _signed_in(self) -> str:
        if not self._memory.passwords:
            return ""
        answer = self._ask("POST", "/login", {"password": self._memory.passwords[0]})
        return answer.headers["Set-Cookie"].partition(";")[0]

    def _listed(self, cookie: str) -> dict[str, Any]:
        answer = self._ask("GET", "/api/recordings?limit=1000", cookie=cookie)
        return {each["name"]: each for each in json.loads(answer.body)["recordings"]}

    def _is_as_told(self, recording: Recording, entry: Any, cookie: str) -> bool:
        """Whether it is there."""
        if entry is None:
            may_be_missing = recording.exists is not True or recording.frames is None and not recording.least_frames
            assert may_be_missing, f"{recording} is gone"
            return False
        assert recording.exists is not False, f"{recording.name} was deleted and is back"
        assert recording.pinned in (None, entry["pinned"]), f"{recording.name}: pinned {recording.pinned} before"
        recording.pinned = entry["pinned"]
        frames = decoded_frames(self._ask("GET", f"/api/recordings/{recording.name}", cookie=cookie).body)
        assert frames == entry["frames"], f"{recording.name}: {frames} of {entry['frames']} frames can be decoded"
        if recording.frames is None:
            assert frames >= recording.least_frames, f"{recording}: {frames} frames"
            self.findings.lost_frames = max(0, recording.last_seen_frames - frames)
            self.findings.durable_frames = recording.least_frames
            recording.frames = frames
        assert frames == recording.frames, f"{recording}: {frames} frames"
        return True

    def _check_camera(self) -> None:
        """It is as it was turned, and shows nothing while it is off; then it is turned on for what they do next."""
        cookie, memory = self._signed_in(), self._memory
        if not cookie:
            return
        is_on = json.loads(self._ask("GET", "/api/camera", cookie=cookie).body)["on"]
        assert is_on in memory.camera, f"the camera is {'on' if is_on else 'off'}, which nobody has turned it"
        memory.camera = {is_on}
        if not is_on:
            assert self._ask("GET", "/snapshot.jpg", cookie=cookie).status == 503
            self._household.turn(True, cookie)

    def _check_settings(self) -> None:
        self._machine.run("petcam", "check-config")
        found = re.search(r"^  threads: (\d+)$", self._machine.run("cat", CONFIG), re.MULTILINE)
        assert found and int(found[1]) in self._memory.threads, f"{found}: not one of {self._memory.threads}"
        self._memory.threads = {int(found[1])}

    def _check_package(self) -> None:
        """dpkg leaves a half-configured package to people, petcam runs all the same."""
        state = self._machine.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "petcam")
        if self._memory.upgrading or not state.endswith(" installed"):
            self.findings.package = state
        assert self._memory.upgrading or state.endswith(" installed"), state
        self._memory.versions = {state.split()[0]}


def decoded_frames(film: bytes) -> int:
    """How many pictures a file has; each is decoded, and an error in any raises."""
    import av

    options = {"err_detect": "explode"}
    with av.open(io.BytesIO(film), options=options) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = options
        return sum(1 for _ in container.decode(stream))
