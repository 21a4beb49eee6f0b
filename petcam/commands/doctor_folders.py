"""Whether the services can write where they have to: ``petcam doctor`` lets each try, and says what mends it.

A remedy is a line for a shell, so that it works as it is printed; tests/package/remedies.py has each.
"""

import errno
import getpass
import json
import os
import pwd
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from petcam.access import DEFAULT_DIRECTORY, state_directory
from petcam.commands.finding import Finding, Sign
from petcam.config import Config
from petcam.system import write_probe
from petcam.system.mounts import Mount, mount_of
from petcam.system.service import TRIAL_SECONDS, Service, Trial, run_as

WEB = Service("petcam-web.service", "petcam-web")
STREAMER = Service("petcam-streamer.service", "petcam")
STATE, STREAMER_STATE = DEFAULT_DIRECTORY, Path("/var/lib/petcam-streamer")
RECORDINGS = STATE / "recordings"  # the one folder for recordings that the units open
ADOPT = "sudo /usr/lib/petcam/adopt-recordings"
RESTART = "sudo systemctl restart petcam.target"
TMPFILES = f"sudo systemd-tmpfiles --create --boot petcam-streamer.conf; {RESTART}"
SHOW_DISK = "look at the disk: sudo journalctl -k"
RECORDING_PATTERN = r"petcam_[^/]*\.mp4(\.part)?"
STATE_PATTERN = r"[a-z_]+\.(json|key)"
PRIVATE_PLACES = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # where the services see folders of their own
OWNERLESS = ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk")  # file systems whose mount says who owns all files


@dataclass(frozen=True)
class Folder:
    subject: str
    path: Path
    owner: str
    mode: str
    pattern: str  # of the names of files that must be readable
    services: tuple[Service, ...]
    server: Service = WEB  # of the page, whose the state is


def folders(config: Config) -> list[Folder]:
    recordings, server = Path(config.recording.directory), STREAMER if config.web.server == "go" else WEB
    both = tuple(dict.fromkeys((STREAMER, server)))
    found = [
        Folder("state", state_directory(), f"{server.user}:petcam", "0750", STATE_PATTERN, (server,)),
        Folder("recordings", recordings, "petcam:petcam", "2770", RECORDING_PATTERN, both, server),
    ]
    if os.path.isdir(STREAMER_STATE):  # systemd makes it
        found.append(Folder("streamer state", STREAMER_STATE, "petcam:petcam", "0700", r".*\.pem", (STREAMER,)))
    return found


def check_folders(config: Config, with_recordings: bool = True) -> Iterator[Finding]:
    for folder in folders(config):
        if folder.subject == "recordings" and not with_recordings:
            continue
        trials = [_try(folder, service) for service in folder.services]
        yield next((each for each in trials if each.sign is not Sign.OK), trials[0])


def _try(folder: Folder, service: Service) -> Finding:
    trial = run_as(service, Path(write_probe.__file__), str(folder.path), folder.pattern)
    return _judge(folder, service, trial)


def _judge(folder: Folder, service: Service, trial: Trial) -> Finding:
    name = service.unit.removesuffix(".service")
    if trial.is_late:
        words = f"{folder.path}: a write does not end within {TRIAL_SECONDS:g} s: {SHOW_DISK}"
        return Finding(Sign.BROKEN, folder.subject, words)
    if not trial.output:
        return Finding(Sign.LOOK, folder.subject, f"{folder.path}: {name} could not be let try it: {trial.who}")
    found = json.loads(trial.output)
    is_absent = found["errno"] == errno.ENOENT and not os.path.islink(folder.path)
    if is_absent and (os.geteuid() or not is_installed()):
        return Finding(Sign.LOOK, folder.subject, f"{folder.path} is not there; petcam makes it when it first needs it")
    if os.geteuid() and is_installed() and (found["errno"] in (errno.EACCES, errno.EPERM) or found["unreadable"]):
        words = f"only root can try whether {name} may write to {folder.path}: sudo petcam doctor"
        return Finding(Sign.LOOK, folder.subject, words)
    if trouble := _trouble(folder, service, trial, found):
        return Finding(Sign.BROKEN, folder.subject, trouble)
    is_told = not trial.is_inside and is_installed()
    return Finding(Sign.OK, folder.subject, f"{folder.path}{f'; tried {trial.who}' * is_told}")


def is_installed() -> bool:
    """Whether the package is, which makes the users; a checkout has one user."""
    try:
        pwd.getpwnam(WEB.user)
    except KeyError:
        return False
    return True


def _trouble(folder: Folder, service: Service, trial: Trial, found: dict[str, Any]) -> str:
    """What is wrong, and the remedy; empty: nothing."""
    name, path, code = service.unit.removesuffix(".service"), folder.path, found["errno"]
    cannot = f"{name} cannot write to {path}"
    if not os.path.lexists(path):
        return f"{path} is not there; is its disk mounted? To make the folder: {_making(folder)}"
    if not os.path.isdir(path):
        return f"{path} is no directory: sudo mv {_quoted(path)} {_quoted(f'{path}.damaged')}; {_making(folder)}"
    if trial.is_inside and not _is_same(path, found):
        return f"{cannot}: {_other_folder(folder)}"
    if code == errno.EROFS and not os.statvfs(path).f_flag & os.ST_RDONLY:
        return f"{cannot}: it is not among the folders that it may write to: {_opening(folder)}"
    if code == errno.EROFS:
        disk = mount_of(path).point
        remount = f"sudo mount -o remount,rw {_quoted(disk)}; {RESTART}"
        return f"{cannot}: {disk} is read-only; the kernel's log may say why; to make it writable: {remount}"
    if code in (errno.EACCES, errno.EPERM):
        return f"{cannot}: {os.strerror(code)}: {_permitting(folder, found['at'])}"
    if code in (errno.ENOSPC, errno.EDQUOT):
        return f"{cannot}: {_full(path, code, service.user)}"
    if code:
        return f"{cannot}: {os.strerror(code)}; {SHOW_DISK}"
    return _unreadable(folder, name, found["unreadable"])


def _is_same(path: Path, found: dict[str, Any]) -> bool:
    here = path.stat()
    return (here.st_dev, here.st_ino) == (found.get("device"), found.get("inode")) or (
        "device" not in found and found["errno"] == errno.EACCES and not _is_private(path)
    )


def _is_private(path: Path) -> bool:
    return any(str(path).startswith(f"{place}/") for place in PRIVATE_PLACES)


def _other_folder(folder: Folder) -> str:
    if _is_private(folder.path):
        outside = ", ".join(PRIVATE_PLACES)
        return f"the services see other folders there; set recording.directory to one outside of {outside}"
    return f"it was mounted after the service began: {RESTART}"


def _making(folder: Folder) -> str:
    if folder.path in (STATE, RECORDINGS):
        return TMPFILES
    user, group = folder.owner.split(":")
    return f"sudo install -d -o {user} -g {group} -m {folder.mode} {_quoted(folder.path)}; {_opening(folder)}"


def _opening(folder: Folder) -> str:
    """What lets the services' sandbox write there; petcam.yaml(5) has the same."""
    if folder.path in (STATE, STREAMER_STATE) or folder.path.is_relative_to(RECORDINGS):
        return RESTART  # it is opened; it was not there, or read-only, when they started
    point = mount_of(folder.path).point
    opened = folder.path if str(point) == "/" else point  # a folder below it would hide the next disk mounted there
    drop_in = "/etc/systemd/system/petcam-$service.service.d/recordings.conf"
    line = shlex.quote(f"ReadWritePaths={_word(f'-{opened}')}")
    write = f"printf '%s\\n' '[Service]' {line} | sudo install -D -m 644 /dev/stdin {drop_in}"
    return f"for service in web streamer; do {write}; done; sudo systemctl daemon-reload; {RESTART}"


def _word(text: str) -> str:
    """As one word of a unit file: systemd.syntax(7); a percent sign begins a specifier, systemd.unit(5)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if shlex.quote(escaped) == escaped else f'"{escaped}"'


def _quoted(path: Path | str) -> str:
    return shlex.quote(str(path))


def _permitting(folder: Folder, at: str) -> str:
    if at == str(STATE) != str(folder.path):
        return f"sudo chown {folder.server.user}:petcam {STATE}; sudo chmod 0750 {STATE}"
    if at != str(folder.path):
        return f"sudo chmod o+x {_quoted(at)}"
    mount = mount_of(folder.path)
    if mount.kind in OWNERLESS:
        return _mounting_anew(mount)
    owner = folder.owner if is_installed() else getpass.getuser()
    path = _quoted(folder.path)
    return f"sudo chown {owner} {path}; sudo chmod {folder.mode} {path}"


def _mounting_anew(mount: Mount) -> str:
    user = pwd.getpwnam(STREAMER.user)
    options = f"uid={user.pw_uid},gid={user.pw_gid},umask=007"
    source, point = _quoted(mount.source), _quoted(mount.point)
    again = f"sudo umount {point}; sudo mount -o {options} {source} {point}"
    stop, start = ("sudo systemctl stop petcam.target", "sudo systemctl start petcam.target")
    return f"{mount.kind} has no owners, its mount has: {options} in /etc/fstab, and now: {stop}; {again}; {start}"


def _full(path: Path, code: int, user: str) -> str:
    disk = _quoted(mount_of(path).point)
    if code == errno.EDQUOT:
        return f"the quota of the user {user} on {disk} is used up: raise it or delete something"
    space = os.statvfs(path)
    if space.f_files and not space.f_favail:
        return f"no inode is left on {disk}: delete files; most are in: sudo du -x --inodes {disk} | sort -n | tail"
    return f"no space is left on {disk}: delete something; most is in: sudo du -x {disk} | sort -n | tail"


def _unreadable(folder: Folder, name: str, names: list[str]) -> str:
    if not names:
        return ""
    if folder.subject == "recordings":
        return f"{name} cannot read {len(names)} of the recordings, an earlier installation's perhaps: {ADOPT}"
    files = " ".join(_quoted(folder.path / each) for each in names)
    return f"{name} cannot read {', '.join(names)}: sudo chown {folder.owner} {files}; sudo chmod u+rw {files}"
