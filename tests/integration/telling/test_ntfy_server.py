"""A real ntfy server, where one is installed (``apt install ntfy``, or PETCAM_NTFY names it): what its app gets."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from petcam.telling.happening import Happening
from petcam.telling.message import Message
from petcam.telling.ntfy import Ntfy
from petcam.telling.way import NotSentError

SERVER = os.environ.get("PETCAM_NTFY") or shutil.which("ntfy")
PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 800 + b"\xff\xd9"
VISIT = Happening(7, "visit", "cat", "begin", 1795867200.5)
MESSAGE = Message(
    *("petcam-7", "visit", "begin", "猫が来ました", "居間 · 12:00 · ソファ"),
    *(
        "http://board.local:8080/visits/7",
        "http://board.local:8080/mute/abc",
        "1 時間お知らせを止める",
        PICTURE,
        (VISIT,),
    ),
)

pytestmark = pytest.mark.skipif(SERVER is None, reason="there is no ntfy server: apt install ntfy, or PETCAM_NTFY=PATH")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def serving(folder: Path, *options: str, **environment: str):
    """Its address, and its user file."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    config = folder / "server.yml"
    config.write_text("")
    command = [
        *(SERVER, "serve", "--config", config, "--listen-http", address, "--base-url", f"http://{address}"),
        *("--cache-file", folder / "cache.db", "--log-level", "warn", *options),
    ]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until_it_answers(f"http://{address}/v1/health", process)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def until_it_answers(url: str, process) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"ntfy does not answer: {process.stderr.read() if process.poll() is not None else ''}")


def messages(address: str, topic: str = "cats") -> list[dict]:
    with urllib.request.urlopen(f"http://{address}/{topic}/json?poll=1", timeout=20) as answer:
        return [json.loads(line) for line in answer.read().splitlines()]


def with_attachments(folder: Path) -> tuple[str, str]:
    return "--attachment-cache-dir", str(folder / "attachments")


def test_the_app_gets_words_picture_link_and_a_button_that_mutes(tmp_path: Path) -> None:
    with serving(tmp_path, *with_attachments(tmp_path)) as address:
        Ntfy(f"ntfy://{address}/cats").send(MESSAGE)
        (got,) = messages(address)
        assert (got["title"], got["message"]) == ("猫が来ました", "居間 · 12:00 · ソファ")
        assert (got["click"], got["tags"]) == (MESSAGE.link, ["cat2"])
        (action,) = got["actions"]
        assert (action["action"], action["label"]) == ("http", "1 時間お知らせを止める")
        assert (action["url"], action["body"], action["clear"]) == (MESSAGE.mute, "minutes=60", True)
        assert got["attachment"]["type"] == "image/jpeg"
        with urllib.request.urlopen(got["attachment"]["url"], timeout=20) as answer:
            assert answer.read() == PICTURE


def test_one_that_keeps_no_attachments_gets_the_words(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        Ntfy(f"ntfy://{address}/cats").send(MESSAGE)
        (got,) = messages(address)
        assert (got["title"], got["message"]) == ("猫が来ました", "居間 · 12:00 · ソファ")
        assert "attachment" not in got and got["click"] == MESSAGE.link


def test_priorities_are_those_of_the_document(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        way = Ntfy(f"ntfy://{address}/cats")
        for kind in ("visit", "trouble"):
            way.send(MESSAGE._replace(kind=kind, picture=None))
        assert [each.get("priority", 3) for each in messages(address)] == [3, 4]


def test_it_is_told_whether_it_can_bring_a_message_up_to_date(tmp_path: Path) -> None:
    """By its answer: with one that cannot, an end is never sent, for that would be a second alert."""
    with serving(tmp_path) as address:
        way = Ntfy(f"ntfy://{address}/cats")
        can = way.send(MESSAGE._replace(picture=None))
        if can:
            way.complete(MESSAGE._replace(state="end", title="猫が来ていました", picture=None))
        got = messages(address)
        assert len({each.get("sequence_id") or each["id"] for each in got}) == 1
        assert len(got) == (2 if can else 1)


def test_users_and_tokens_are_let_in_and_nobody_else(tmp_path: Path) -> None:
    users = tmp_path / "users.db"
    config = tmp_path / "users.yml"
    config.write_text(f"auth-file: {users}\n")

    def ntfy(*words: str, **environment: str) -> str:
        command = [SERVER, words[0], "--config", str(config), *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    options = ("--auth-file", str(users), "--auth-default-access", "deny-all")
    with serving(tmp_path, *options) as address:
        ntfy("user", "add", "--role=admin", "cat", NTFY_PASSWORD="tu:na@sea")
        token = next(word for word in ntfy("token", "add", "cat").split() if word.startswith("tk_")).rstrip(",")
        bare = MESSAGE._replace(picture=None)
        Ntfy(f"ntfy://cat:tu%3Ana%40sea@{address}/cats").send(bare)
        Ntfy(f"ntfy://{token}@{address}/cats").send(bare)
        for user in ("", "cat:wrong@", "tk_wrong@"):
            with pytest.raises(NotSentError, match="it refuses petcam"):
                Ntfy(f"ntfy://{user}{address}/cats").send(bare)
        request = urllib.request.Request(f"http://{address}/cats/json?poll=1")
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert len(answer.read().splitlines()) == 2
