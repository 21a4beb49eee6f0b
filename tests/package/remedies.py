"""Each command that petcam prints for people, with the state to which it belongs: test_remedies.py types them all.

tests/unit/test_remedies.py finds the commands in the sources and fails where one is missing here.
"""

import re
from dataclasses import dataclass

from tests.package.package import TOP

STATE, RECORDINGS, CONFIG = "/var/lib/petcam", "/var/lib/petcam/recordings", "/etc/petcam/petcam.yaml"
RECORDING = f"{RECORDINGS}/petcam_20260101-000000.mp4"
FILMS = "/srv/my 100% films"  # a name that a shell and a unit would take apart
RESTART = "sudo systemctl restart petcam.target"
ONLY_ASK = """echo 'APT::Get::Simulate "true";' >/etc/apt/apt.conf.d/90ask"""  # there is no network
GO_ON_WITHOUT = f"truncate -s 0 {RECORDINGS}/.petcam-place; {RESTART}"
KEY = "/etc/petcam/webhook.key"
UNPLUG = f"umount -l {RECORDINGS}; {GO_ON_WITHOUT}"
FRESH_DISK = f"chown petcam:petcam {RECORDINGS} && chmod 2770 {RECORDINGS}"

OPTIONAL = (
    *("alsa-utils", "avahi-daemon", "python3-aiortc", "apprise", "python3-av", "python3-segno"),
    *("python3-paho-mqtt", "systemd-timesyncd"),
)
# Commands that cannot be typed in these machines, and why.
ELSEWHERE = {
    "sudo apt install ./petcam-streamer_*.deb": "the installation that all package tests begin with",
    "sudo apt install rpicam-apps": "only Raspberry Pi OS has it",
    "sudo alsamixer -V capture": "it asks a person at a terminal, and a sound card",
    "sudo petcam notify test": "it needs somebody to tell, as tests/integration/telling has",
    "sudo petcam camera off": "test_camera_off.py turns it off",
    "sudo umount {}": "the next one's",
    "sudo mount -o {} {} {}": "of a disk with exFAT, NTFS or FAT, which containers cannot mount",
}


def record_in(directory: str) -> str:
    """Commands that make it the folder of recordings."""
    return f"sed -i 's|^  directory: .*|  directory: {directory}|' {CONFIG} && systemctl restart petcam.target"


def sign_with(webhook: str, key: str) -> str:
    """Commands that name both in the configuration."""
    lines = f's|^  webhook: .*|  webhook: "{webhook}"|; s|^  webhook_secret_file: .*|  webhook_secret_file: "{key}"|'
    return f"sed -i '{lines}' {CONFIG} && systemctl restart petcam.target"


def manual(part: str) -> str:
    """Of petcam.yaml(5) the commands with ``part``, as man shows them."""
    text = (TOP / "docs/man/petcam.yaml.5").read_text(encoding="utf-8")
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if part in block)
    return str(found).replace(r"\(aq", "'").replace(r"\e", "\\")


@dataclass(frozen=True)
class Remedy:
    """Typed is what stands behind the last colon of the line with ``says``, among what ``shows`` prints."""

    commands: tuple[str, ...]  # as the sources have them
    breaks: str = "true"  # for a shell, as all below
    says: str = ""
    shows: str = "petcam doctor"
    typed: str = ""  # where it is no line of petcam's that ends with it
    input: str = ""
    mended: str = ""  # exits 0 once it is mended; empty: what ``shows`` prints no longer has ``says``
    clears: str = "true"


# Of folders that the services cannot write to.
FOLDERS = (
    Remedy(
        ("sudo mount -o remount,rw {}", RESTART),
        breaks=f"mount -t tmpfs disk {RECORDINGS} && {FRESH_DISK} && mount -o remount,ro {RECORDINGS} && {RESTART}",
        says=f"petcam-streamer cannot write to {RECORDINGS}: {RECORDINGS} is read-only",
        clears=UNPLUG,
    ),
    Remedy(
        ("sudo mount -o remount,rw {}",),
        breaks=f"cp -a {STATE} /tmp/state && mount -t tmpfs disk {STATE} && cp -a /tmp/state/. {STATE}; "
        f"mount -o remount,ro {STATE} && {RESTART}",
        says=f"petcam-web cannot write to {STATE}: {STATE} is read-only",
        clears=f"umount -l {STATE}; {GO_ON_WITHOUT}",
    ),
    Remedy(
        ("sudo chown {} {}", "sudo chmod {} {}"),
        breaks=f"chown root:root {RECORDINGS}; chmod 0755 {RECORDINGS}",
        says=f"petcam-streamer cannot write to {RECORDINGS}: Permission denied",
    ),
    Remedy(
        ("sudo chown {} {}", "sudo chmod {} {}"),
        breaks=f"chmod 0700 {RECORDINGS}",
        says=f"petcam-web cannot write to {RECORDINGS}: Permission denied",
    ),
    Remedy(
        ("sudo chown {}:petcam {}", "sudo chmod 0750 {}"),
        breaks=f"chown 12345:12345 {STATE}; chmod 0700 {STATE}",
        says=f"petcam-streamer cannot write to {RECORDINGS}: Permission denied",
    ),
    Remedy(
        ("sudo chown {} {}", "sudo chmod u+rw {}"),
        breaks=f"chown 12345:12345 {STATE}/*.json",
        says="petcam-web cannot read first_visit.json",
    ),
    Remedy(
        ("sudo /usr/lib/petcam/adopt-recordings",),
        breaks=f"touch {RECORDING} {RECORDING}.pin; chown 12345:12345 {RECORDING}*; chmod 0600 {RECORDING}*",
        says="petcam-streamer cannot read 1 of the recordings",
        clears=f"rm {RECORDING}*",
    ),
    Remedy(
        ("sudo du -x --inodes {}",),
        breaks=f"mount -t tmpfs -o nr_inodes=9 disk {RECORDINGS} && {FRESH_DISK}; "
        f"touch {RECORDINGS}/tmp.{{1..9}} || true",
        says=f"petcam-streamer cannot write to {RECORDINGS}: no inode is left on {RECORDINGS}",
        mended=f"rm {RECORDINGS}/tmp.* && petcam doctor | grep -F 'ok    recordings      {RECORDINGS}'",
        clears=UNPLUG,
    ),
    Remedy(
        ("sudo du -x {}",),
        breaks=f"mount -t tmpfs -o size=1M disk {RECORDINGS} && {FRESH_DISK}; "
        f"head -c 2M /dev/zero >{RECORDINGS}/other || true",
        says=f"petcam-streamer cannot write to {RECORDINGS}: no space is left on {RECORDINGS}",
        mended=f"rm {RECORDINGS}/other && petcam doctor | grep -F 'ok    recordings      {RECORDINGS}'",
        clears=UNPLUG,
    ),
    Remedy(
        ("sudo install -D -m 644 /dev/stdin {}", "sudo systemctl daemon-reload", RESTART),
        breaks=f"install -d -o petcam -g petcam -m 2770 /srv/cam && {record_in('/srv/cam')}",
        says="petcam-streamer cannot write to /srv/cam: it is not among the folders that it may write to",
    ),
    Remedy(
        ("sudo install -d -o {} -g {} -m {} {}", "sudo install -D -m 644 /dev/stdin {}", RESTART),
        breaks=record_in(FILMS),
        says=f"{FILMS} is not there",
    ),
    Remedy(
        ("sudo chmod o+x {}",),
        breaks="chmod 0700 /srv",
        says=f"petcam-streamer cannot write to {FILMS}: Permission denied",
        clears=record_in(RECORDINGS),
    ),
    Remedy(
        ("sudo mv {} {}", "sudo systemd-tmpfiles --create --boot petcam-streamer.conf", RESTART),
        breaks=f"rm -r {RECORDINGS} && touch {RECORDINGS}",
        says=f"{RECORDINGS} is no directory",
        clears=f"rm {RECORDINGS}.damaged",
    ),
    Remedy(
        ("sudo systemd-tmpfiles --create --boot petcam-streamer.conf", RESTART),
        breaks=f"rm -r {STATE}",
        says=f"{STATE} is not there",
    ),
    # Of a disk for recordings that is not there.
    Remedy(
        ("sudo mount {}",),
        breaks=f"echo 'disk {RECORDINGS} tmpfs uid=petcam,gid=petcam,mode=2770,nofail 0 0' >>/etc/fstab && {RESTART}",
        says=f"The disk of {RECORDINGS} is not mounted",
    ),
    Remedy(
        ("sudo truncate -s 0", RESTART),
        breaks=f"sed -i '\\|^disk {RECORDINGS}|d' /etc/fstab && umount -l {RECORDINGS}",
        says=f"The disk of recording.directory is not mounted on {RECORDINGS}, or another is",
    ),
    Remedy(
        ("sudo install -d -o petcam -g petcam -m 2770", "sudo truncate -s 0", RESTART),
        breaks=record_in("/mnt/films"),
        says="No disk is mounted where recording.directory lies",
        clears=record_in(RECORDINGS),
    ),
    # Of the state's disk.
    Remedy(
        (f"sudo rm {{}} && {RESTART}", f"sudo rm /etc/petcam/secrets/place && {RESTART}"),
        breaks=f"rm -f {STATE}/.petcam-place",
        says=f"{STATE} is not where petcam was set up",
    ),
)

OTHERS = (
    # State files, keys, configuration.
    Remedy(
        ("sudo petcam password",),
        breaks=f"echo '{{' >{STATE}/owner.json",
        says="owner.json is damaged",
        typed="sudo petcam password",
        input="a password of the tests\n",
    ),
    Remedy(
        ("sudo petcam password --viewer",),
        breaks=f"echo '{{' >{STATE}/viewer.json",
        says="viewer.json is damaged",
        typed="sudo petcam password --viewer",
        input="a password of viewers\n",
    ),
    Remedy(
        ("sudo rm {}", "sudo petcam token add"),
        breaks=f"echo '{{' >{STATE}/viewing_tokens.json",
        says="viewing_tokens.json is damaged",
    ),
    Remedy(
        ("sudo rm /var/lib/petcam/viewing_tokens.json", "sudo petcam token add"),
        breaks=f"echo '{{' >{STATE}/viewing_tokens.json",
        typed="sudo rm /var/lib/petcam/viewing_tokens.json; sudo petcam token add",
        mended="petcam token list",
    ),
    Remedy(
        ("sudo rm /var/lib/petcam/sound.json",),
        breaks=f"echo '{{' >{STATE}/sound.json",
        says="sound.json is damaged",
        typed="sudo rm /var/lib/petcam/sound.json",
    ),
    Remedy(
        ("sudo petcam camera on",),
        breaks=f"echo '{{' >{STATE}/camera.json",
        says="camera.json is damaged",
        typed="sudo petcam camera on",
    ),
    Remedy(
        ("sudo petcam camera on",),
        breaks="petcam camera off",
        says="is off, turned off at",
    ),
    Remedy(
        ("sudo rm /var/lib/petcam/camera.json",),
        breaks="petcam camera off",
        says="is off, turned off at",
        typed="sudo rm /var/lib/petcam/camera.json",
    ),
    # What petcam-streamer says instead of petcam where it is alone; it has them beside petcam, too.
    Remedy(
        ("sudo petcam-streamer password",),
        breaks=f"echo '{{' >{STATE}/owner.json",
        says="owner.json is damaged",
        typed="sudo petcam-streamer password",
        input="a password of the tests\n",
    ),
    *(
        Remedy((f"sudo petcam-streamer {words}",), typed=f"sudo petcam-streamer {words} | grep .", mended="true")
        for words in ("doctor", "check-config", "token add", "token list")
    ),
    Remedy(
        ("sudo petcam token list",),
        shows="petcam token revoke nobody",
        says="there is no token with the ID or label nobody",
        mended="true",
    ),
    Remedy(
        (RESTART,),
        breaks="rm /etc/petcam/secrets/*.key",
        says="/etc/petcam/secrets/token.key is missing",
    ),
    Remedy(
        ("sudo chown root:petcam {}", "sudo chmod 0640 {}", RESTART),
        breaks=f"chown root:root {CONFIG}; chmod 0600 {CONFIG}; systemctl restart petcam.target || true",
        shows="journalctl -u petcam-web -u petcam-streamer -n 20 -o cat",
        says="cannot be read: Permission denied",
        mended="systemctl is-active petcam-web petcam-streamer",
    ),
    Remedy(
        ("sudo petcam check-config", RESTART),
        breaks=f"sed -i 's/threads: 40/threads: many/' {CONFIG}; systemctl restart petcam.target || true",
        shows="sudo petcam check-config 2>&1",
        says="web.threads: 'many'",
        typed=f"sed -i 's/threads: many/threads: 40/' {CONFIG}; sudo petcam check-config && {RESTART}",
        mended="systemctl is-active petcam-web petcam-streamer",
    ),
    # Services, the camera and what else there may be.
    Remedy(
        ("sudo systemctl start petcam.target",),
        breaks="systemctl kill -s KILL petcam-web petcam-streamer; systemctl stop petcam.target",
        says="8080 is free, petcam is not running",
        typed="sudo systemctl start petcam.target",
    ),
    Remedy(
        ("sudo systemctl stop petcam.target", "sudo systemctl start petcam.target"),
        typed="sudo systemctl stop petcam.target; sudo systemctl start petcam.target",
        mended="systemctl is-active petcam-web petcam-streamer",
    ),
    *(
        Remedy((command,), typed=command, mended="true")
        for command in ("sudo systemctl restart petcam-web", "sudo systemctl restart petcam-streamer")
    ),
    *(
        Remedy((command,), typed=f"{command} | grep .", mended="true")
        for command in (
            "sudo journalctl -u 'petcam*'",
            "sudo journalctl -u petcam-streamer",
            "sudo journalctl -k",
            "sudo petcam doctor",
        )
    ),
    Remedy(
        ("sudo petcam shm check {}", "sudo petcam shm check /petcam_detections"),
        typed="sudo petcam shm check /petcam_detections",
        mended="true",
    ),
    Remedy(
        ("sudo usermod -aG petcam {}",),
        breaks="useradd pi; : >/tmp/petcam.yaml",
        shows="runuser -u pi -- petcam --config /tmp/petcam.yaml doctor",
        says="pi is not in group petcam",
        typed="sudo usermod -aG petcam pi",
    ),
    Remedy(
        ("sudo rm -f /etc/machine-id /var/lib/dbus/machine-id", "sudo systemd-machine-id-setup", RESTART),
        typed=f"sudo rm -f /etc/machine-id /var/lib/dbus/machine-id; sudo systemd-machine-id-setup; {RESTART}",
        mended="test -s /etc/machine-id",
    ),
    Remedy(
        ("sudo timedatectl set-ntp true",),
        breaks="printf '[Service]\\nExecStart=sleep 9\\n[Install]\\nWantedBy=multi-user.target\\n' "
        ">/etc/systemd/system/some-ntp.service; mkdir -p /usr/lib/systemd/ntp-units.d; systemctl daemon-reload; "
        "echo some-ntp.service >/usr/lib/systemd/ntp-units.d/90.list; systemctl try-restart systemd-timedated",
        typed="sudo timedatectl set-ntp true",
        mended="systemctl is-active some-ntp",
    ),
    Remedy(
        ("sudo hostnamectl set-hostname NAME", "sudo systemctl restart avahi-daemon"),
        breaks="printf '[Service]\\nExecStart=sleep 99\\n' >/etc/systemd/system/avahi-daemon.service; "
        "systemctl daemon-reload",
        typed="sudo hostnamectl set-hostname NAME; sudo systemctl restart avahi-daemon",
        mended="hostname | grep NAME && systemctl is-active avahi-daemon",
        clears="rm /etc/systemd/system/avahi-daemon.service; systemctl stop avahi-daemon",
    ),
    *(
        Remedy((f"sudo apt install {name}",), breaks=ONLY_ASK, typed=f"sudo apt install {name}", mended="true")
        for name in OPTIONAL
    ),
    # Of the key by which a webhook is signed.
    Remedy(
        ("sudo install -m 0640 -g petcam /dev/stdin {}",),
        breaks=f"{sign_with('http://127.0.0.1:9/', KEY)} && rm -f {KEY}",
        says=f"{KEY} cannot be read (No such file or directory)",
        input="a key of the tests\n",
        clears=f"rm {KEY}; {sign_with('', '')}",
    ),
    Remedy(
        ("sudo install -m 0640 -g petcam /dev/stdin /etc/petcam/webhook.key",),
        typed=manual("webhook.key"),
        input="a key of the tests\n",
        mended=f"stat -c '%U:%G %a' {KEY} | grep -x 'root:petcam 640'",
        clears=f"rm {KEY}",
    ),
    # The manual's own words; the last one's folder is recorded to afterwards.
    Remedy(
        ("sudo install -D -m 644 /dev/stdin $folder/addresses.conf", "sudo systemctl daemon-reload", RESTART),
        typed=manual("IPAddressAllow=any"),
        mended="systemctl show -p IPAddressAllow petcam-web petcam-streamer | grep -c '0.0.0.0/0' | grep 2",
    ),
    Remedy(
        (
            "sudo install -d -o petcam -g petcam -m 2770 /srv/recordings",
            "sudo install -D -m 644 /dev/stdin $folder/recordings.conf",
        ),
        breaks=record_in("/srv/recordings"),
        says="/srv/recordings is not there",
        typed=manual("ReadWritePaths="),
    ),
)
