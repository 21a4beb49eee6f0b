"""``petcam check-config``: what it refuses although the services start with it."""

import subprocess
from pathlib import Path

import pytest

from petcam import cli
from petcam.commands import service_paths


@pytest.fixture
def check(tmp_path, capsys, caplog):
    """Exit status, and the lines of standard error and of the log without the file's name."""
    file = tmp_path / "petcam.yaml"

    def run(text: str) -> tuple[int, list[str]]:
        file.write_text(text)
        status = cli.main(["check-config", str(file)])
        lines = [line.removeprefix("petcam: ") for line in capsys.readouterr().err.splitlines()]
        return status, [line.removeprefix(f"{file}: ") for line in (*caplog.messages, *lines)]

    return run


@pytest.fixture
def unit(monkeypatch):
    """What systemd says of every unit."""

    def says(**settings: str) -> None:
        monkeypatch.setattr(service_paths, "_settings", lambda _: settings)

    says()
    return says


OPENED = {"LoadState": "loaded", "ProtectHome": "yes", "PrivateTmp": "yes"}


def test_each_mistake_is_a_line_and_an_unknown_key_of_a_newer_petcam_is_none(check, unit):
    status, lines = check("web:\n  prot: 80\n  hots: [a]\n  newer: 1\n  port: 8081\n")
    assert status == cli.EXIT_CONFIG
    assert lines == [
        "line 4: unknown key web.newer is ignored",
        "line 2: unknown key web.prot is ignored; did you mean port?",
        "line 3: unknown key web.hots is ignored; did you mean host?",
        "line 5: web.port and streamer.port are both 8081: give each a port of its own",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web: {host: 'localhost:8080'}", "web.host: 'localhost:8080' cannot work"),
        ("camera: {source: 'rtsp:/cam'}", "camera.source: 'rtsp:/...' cannot work"),
        ("camera: {source: 'rtsp://cat:a/b@cam/'}", "write / as %2F"),
        ("camera: {source: webcam}", "camera.source: webcam: a service needs the whole path"),
        ("camera: {source: '-'}", "camera.source: a service has no standard input"),
        ("auth: {mode: off}", "auth.mode: 'off' is not allowed; it must be password or none"),
        ("web: {port: 1}\nweb: {port: 1}", "line 2: the key 'web' stands there already, in line 1"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_as_it_was_written(check, unit, text, words):
    status, (line,) = check(text)
    assert status == cli.EXIT_CONFIG
    assert words in line


@pytest.mark.parametrize(
    ("key", "path", "place"),
    [
        ("camera: {source: PATH}", "/home/pi/cat.mp4", "/home"),
        ("camera: {source: PATH}", "/root/cat.mp4", "/root"),
        ("camera: {source: PATH}", "/srv/../home/pi/cat.mp4", "/home"),
        ("recording: {directory: PATH}", "/var/tmp/recordings", "/var/tmp"),
        ("web: {tls: files, tls_cert: PATH, tls_key: /etc/x}", "/run/user/1000/x", "/run/user"),
    ],
)
def test_a_path_that_the_services_do_not_see_is_refused_with_the_remedy(check, unit, key, path, place):
    status, (line,) = check(key.replace("PATH", path))
    assert status == cli.EXIT_CONFIG
    assert f"{path} is below {place}, where petcam-" in line and "such as /srv" in line


def test_a_link_into_a_home_folder_is_refused_like_the_folder(check, unit, tmp_path, monkeypatch):
    monkeypatch.setattr(service_paths, "PRIVATE_PLACES", (str(tmp_path / "home"),))
    (tmp_path / "cat.mp4").symlink_to(tmp_path / "home" / "cat.mp4")
    status, (line,) = check(f"camera: {{source: {tmp_path}/cat.mp4}}")
    assert status == cli.EXIT_CONFIG
    assert "sees a folder of its own" in line


@pytest.mark.parametrize(
    "settings",
    [{"ProtectHome": "no"}, {"ProtectHome": "read-only"}, {"BindReadOnlyPaths": "/home/pi:/home/pi:rbind"}],
    ids=str,
)
def test_what_a_drop_in_has_opened_is_seen(check, unit, settings):
    unit(**OPENED)
    assert check("camera: {source: /home/pi/cat.mp4}")[0] == cli.EXIT_CONFIG
    unit(**{**OPENED, **settings})
    assert check("camera: {source: /home/pi/cat.mp4}")[0] == 0


def test_a_unit_that_is_not_installed_opens_nothing(check, unit):
    unit(LoadState="not-found", ProtectHome="no")
    assert check("camera: {source: /home/pi/cat.mp4}")[0] == cli.EXIT_CONFIG


def test_what_systemd_says_is_read(monkeypatch):
    answer = "LoadState=loaded\nProtectHome=yes\nBindPaths=-/dev/video0:/dev/video0:rbind\n"
    done = subprocess.CompletedProcess([], 0, answer)
    monkeypatch.setattr(service_paths.subprocess, "run", lambda *_, **__: done)
    assert service_paths._settings("petcam-feed.service")["ProtectHome"] == "yes"


def test_a_file_that_is_not_there_yet_is_only_warned_of(check, unit):
    status, (line,) = check("camera: {source: /srv/no/such/cat.mp4}")
    assert status == 0
    assert line == "camera.source: /srv/no/such/cat.mp4 is not there; petcam-feed waits for it"


@pytest.mark.parametrize("source", ["demo", "rpicam", "rtsp://cat:pass@cam/1", "/dev/null", str(Path(__file__))])
def test_a_source_that_can_be_played_is_ok(check, unit, source, monkeypatch):
    monkeypatch.setattr(service_paths, "PRIVATE_PLACES", ())
    assert check(f"camera: {{source: '{source}'}}") == (0, [])
