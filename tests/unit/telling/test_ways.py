"""Webhook and ntfy against a receiver with bad habits: what is said, what is tried again, and that all ends."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import threading
import time
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from petcam.config import Notify
from petcam.telling.happening import Happening
from petcam.telling.message import Message
from petcam.telling.ntfy import Ntfy
from petcam.telling.posting import Bounds, Place
from petcam.telling.way import NotSentError, UnclearError
from petcam.telling.ways import MAX_WAYS, ways_of
from petcam.telling.webhook import Webhook
from tests.unit.telling import receiver as habits
from tests.unit.telling.receiver import Receiver, answers

QUICK = Bounds(connect=2, answer=0.3, total=1)
PICTURE = b"\xff\xd8" + bytes(range(256)) * 400  # 100 KiB
VISIT = Happening(7, "visit", "cat", "begin", 1795867200.5, places=("ソファ",), score=0.93)
MESSAGE = Message(
    "petcam-7",
    "visit",
    "begin",
    "猫が来ました",
    "12:00 · ソファ",
    "http://board.local:8080/#visit=7",
    "http://board.local:8080/mute/abc",
    "1 時間お知らせを止める",
    PICTURE,
    (VISIT,),
)


@pytest.fixture
def server():
    with Receiver() as receiver:
        yield receiver


def webhook(server, secret_file="", bounds=QUICK):
    return Webhook(server.url, str(secret_file), "居間", bounds, clock=lambda: 1795867201.9)


def ntfy(server, user=""):
    return Ntfy(server.ntfy.replace("//", f"//{user}"), QUICK)


class TestWebhook:
    def test_it_sends_the_message_as_json_with_the_picture(self, server):
        assert webhook(server).send(MESSAGE) is False
        (got,) = server.got
        assert (got.method, got.path, got.headers["x-petcam-tag"]) == ("POST", "/hook?key=s3cret", "petcam-7")
        picture = got.json.pop("picture")
        assert picture["type"] == "image/jpeg" and base64.b64decode(picture["base64"]) == PICTURE
        assert got.json | {"picture": None} == {
            "version": 1,
            "tag": "petcam-7",
            "kind": "visit",
            "camera": "居間",
            "title": "猫が来ました",
            "text": "12:00 · ソファ",
            "link": MESSAGE.link,
            "mute": MESSAGE.mute,
            "picture": None,
            "events": [
                {
                    "id": 7,
                    "kind": "visit",
                    "class": "cat",
                    "begin": 1795867200.5,
                    "end": None,
                    "most": 1,
                    "places": ["ソファ"],
                    "asleep": False,
                    "detail": "",
                    "score": 0.93,
                }
            ],
        }

    def test_it_is_signed_with_the_key_as_the_document_says(self, server, tmp_path):
        key = tmp_path / "key"
        key.write_bytes(b"tuna and catnip\n")
        webhook(server, key).send(MESSAGE)
        (got,) = server.got
        expected = hmac.new(b"tuna and catnip", b"1795867201." + got.body, hashlib.sha256).hexdigest()
        assert got.headers["x-petcam-signature"] == f"t=1795867201,v1={expected}"

    @pytest.mark.parametrize("content", [None, b"", b"\n", b"x" * 5000])
    def test_without_its_key_nothing_is_sent_and_the_remedy_is_said(self, server, tmp_path, content):
        if content is not None:
            (tmp_path / "key").write_bytes(content)
        with pytest.raises(NotSentError, match="Ctrl-D: sudo install -m 0640 -g petcam /dev/stdin /"):
            webhook(server, tmp_path / "key").send(MESSAGE)
        assert server.got == []

    def test_without_a_key_it_is_not_signed(self, server):
        webhook(server).send(MESSAGE)
        assert "x-petcam-signature" not in server.got[0].headers

    def test_a_redirect_is_not_followed_and_is_said_plainly_without_its_path(self, server):
        with Receiver() as other:
            server.habit = answers(301, Location=f"http://127.0.0.1:{other.port}/s3cret")
            with pytest.raises(NotSentError) as raised:
                webhook(server).send(MESSAGE)
            assert other.got == []
        assert str(raised.value) == (
            "it redirects to http://127.0.0.1 (301), which petcam does not follow: "
            "name where it leads in notify.webhook"
        )

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
    def test_a_refusal_has_sent_nothing(self, server, status):
        server.habit = answers(status)
        with pytest.raises(NotSentError, match=f"it answers {status}"):
            webhook(server).send(MESSAGE)

    @pytest.mark.parametrize("habit", [habits.hangs, habits.drops, habits.is_none])
    def test_what_had_all_and_does_not_answer_may_have_it_and_never_takes_long(self, server, habit):
        server.habit = habit
        begun = time.monotonic()
        with pytest.raises(UnclearError, match="it may have arrived"):
            webhook(server).send(MESSAGE)
        assert time.monotonic() - begun < 60  # for ever otherwise

    @pytest.mark.parametrize("habit", [habits.babbles, habits.drips, habits.drips_its_body])
    def test_an_answer_without_end_is_read_up_to_a_bound(self, server, habit):
        server.habit = habit
        webhook(server).send(MESSAGE)

    def test_nobody_there_has_got_nothing(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            way = Webhook(f"http://127.0.0.1:{free.getsockname()[1]}/s3cret", "", "", QUICK)
        with pytest.raises(NotSentError, match="cannot be reached: Connection refused"):
            way.send(MESSAGE)

    def test_a_name_that_nobody_knows_has_got_nothing(self):
        with pytest.raises(NotSentError, match=r"cannot be reached: its name is not known \(DNS\)"):
            Webhook("http://nobody.invalid/", "", "", QUICK).send(MESSAGE)

    def test_who_breaks_off_while_it_is_sent_has_got_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            broken = threading.Thread(target=break_off, args=(listener,))
            broken.start()
            way = Webhook(f"http://127.0.0.1:{listener.getsockname()[1]}/", "", "", Bounds(2, 20, 30))
            with pytest.raises(NotSentError, match="the connection broke while it was sent"):
                way.send(MESSAGE._replace(picture=bytes(32 << 20)))  # more than any buffer
            broken.join()

    def test_a_certificate_is_verified(self, tmp_path):
        with Receiver(ssl_context=self_signed(tmp_path)) as server:
            way = Webhook(f"https://127.0.0.1:{server.port}/", "", "", QUICK)
            with pytest.raises(NotSentError, match="its certificate is refused: self.signed certificate"):
                way.send(MESSAGE)
            assert server.got == []

    def test_one_that_is_known_is_taken(self, tmp_path, monkeypatch):
        context = self_signed(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        with Receiver(ssl_context=context) as server:
            Webhook(f"https://127.0.0.1:{server.port}/", "", "", QUICK).send(MESSAGE)
            assert len(server.got) == 1

    def test_what_speaks_no_tls_is_said(self, server):
        with pytest.raises(NotSentError, match="it does not speak TLS there"):
            Webhook(f"https://127.0.0.1:{server.port}/", "", "", QUICK).send(MESSAGE)

    def test_a_user_in_the_url_is_sent_and_not_named(self, server):
        way = Webhook(server.url.replace("//", "//cat:tu%40na@"), "", "", QUICK)
        way.send(MESSAGE)
        assert server.got[0].headers["authorization"] == f"Basic {base64.b64encode(b'cat:tu@na').decode()}"
        assert way.name == "http://127.0.0.1"


def break_off(listener):
    connection, _ = listener.accept()
    connection.recv(1000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def self_signed(folder):
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


class TestNtfy:
    def test_it_puts_the_picture_with_all_that_the_app_shows(self, server):
        ntfy(server).send(MESSAGE)
        (got,) = server.got
        assert (got.method, got.path, got.body) == ("PUT", "/cats", PICTURE)
        assert str(make_header(decode_header(got.headers["x-title"]))) == "猫が来ました"
        assert str(make_header(decode_header(got.headers["x-message"]))) == "12:00 · ソファ"
        assert got.headers["x-click"] == MESSAGE.link
        assert (got.headers["x-tags"], got.headers["x-priority"]) == ("cat2", "3")
        assert (got.headers["x-filename"], got.headers["x-sequence-id"]) == ("petcam.jpg", "petcam-7")
        (action,) = json.loads(got.headers["x-actions"])
        assert action == {
            "action": "http",
            "label": "1 時間お知らせを止める",
            "url": MESSAGE.mute,
            "body": "minutes=60",
            "clear": True,
        }

    def test_without_a_picture_the_text_is_the_body(self, server):
        ntfy(server).send(MESSAGE._replace(picture=None, link="", mute=""))
        (got,) = server.got
        assert got.body.decode() == "12:00 · ソファ"
        assert not {"x-filename", "x-message", "x-click", "x-actions"} & got.headers.keys()

    def test_only_a_server_that_says_the_sequence_id_can_bring_it_up_to_date(self, server):
        server.habit = habits.Fakes()
        assert ntfy(server).send(MESSAGE) is True
        for old in (b'{"id":"abc"}', b'{"sequence_id":"abc"}', b"[]", b"", b"<html>"):
            server.habit = answers(200, old)
            assert ntfy(server).send(MESSAGE) is False

    def test_bringing_it_up_to_date_has_the_same_tag_and_makes_no_sound(self, server):
        ntfy(server).complete(MESSAGE)
        assert (server.got[0].headers["x-sequence-id"], server.got[0].headers["x-priority"]) == ("petcam-7", "2")

    @pytest.mark.parametrize("status", [400, 413, 429])
    def test_a_server_that_keeps_no_pictures_gets_the_words(self, server, status):
        def habit(handler):
            (answers(status) if handler.headers["X-Filename"] else answers(200))(handler)

        server.habit = habit
        ntfy(server).send(MESSAGE)
        assert [got.body for got in server.got] == [PICTURE, "12:00 · ソファ".encode()]

    @pytest.mark.parametrize(
        ("user", "sent"),
        [("", None), ("cat:tuna@", "Basic Y2F0OnR1bmE="), ("tk_s3cret@", "Bearer tk_s3cret")],
    )
    def test_a_user_with_a_password_or_a_token_logs_in(self, server, user, sent):
        way = ntfy(server, user)
        way.send(MESSAGE)
        assert server.got[0].headers.get("authorization") == sent
        assert way.name == "ntfy://127.0.0.1"

    def test_a_refused_login_says_what_to_mend(self, server):
        server.habit = answers(403)
        with pytest.raises(NotSentError, match="mend user, password or token in notify.urls"):
            ntfy(server).send(MESSAGE)


class TestTheList:
    NOTIFY = Notify(
        urls=["ntfys://tk_s3cret@ntfy.example/s3cret", "ntfys://ntfy.example/other", "tgram://s3cret:abc/1"],
        webhook="https://u:s3cret@home.example/s3cret?s3cret",
    )

    def test_ways_are_named_by_what_is_no_secret(self, caplog):
        names = [way.name for way in ways_of(self.NOTIFY, "")]
        assert names == ["https://home.example", "ntfys://ntfy.example", "ntfys://ntfy.example (2)", "tgram://"]
        assert "nothing is signed" in caplog.text and "s3cret" not in caplog.text

    def test_keys_stay_the_same_and_tell_nothing(self):
        keys = [way.key for way in ways_of(self.NOTIFY, "")]
        assert keys == [way.key for way in ways_of(self.NOTIFY, "")] and len(set(keys)) == 4
        assert all(len(key) == 16 and int(key, 16) for key in keys)

    def test_what_is_no_url_is_said_without_it(self, caplog):
        notify = Notify(urls=["ntfy://[s3cret/x", "ntfy://a/b"], webhook="https://[s3cret/")
        assert [way.name for way in ways_of(notify, "")] == ["ntfy://a"]
        assert "notify.webhook is no URL" in caplog.text and "notify.urls: number 1 is no URL" in caplog.text
        assert "s3cret" not in caplog.text

    def test_there_are_only_so_many(self):
        assert len(ways_of(Notify(urls=[f"ntfy://a/{n}" for n in range(50)]), "")) == MAX_WAYS

    def test_a_place_does_not_show_its_secrets(self):
        assert "s3cret" not in repr(Place("https://u:s3cret@home.example/s3cret"))


class TestTheDocument:
    TEXT = (Path(__file__).parents[3] / "docs" / "telling.md").read_text()

    def test_its_example_has_the_fields_that_are_sent(self, server):
        webhook(server).send(MESSAGE)
        example = json.loads(block(self.TEXT, "json"))
        sent = server.got[0].json
        assert example.keys() == sent.keys() and example["picture"].keys() == sent["picture"].keys()
        assert example["events"][0].keys() == sent["events"][0].keys()

    def test_its_receiver_takes_what_is_signed_and_nothing_else(self, server, tmp_path):
        (tmp_path / "key").write_bytes(b"tuna\n")
        webhook(server, tmp_path / "key").send(MESSAGE)
        (got,) = server.got
        names = {}
        exec(block(self.TEXT, "python"), names)
        signature = got.headers["x-petcam-signature"]
        assert names["is_genuine"](b"tuna", signature, got.body)
        assert not names["is_genuine"](b"tuna", signature, got.body + b" ")
        assert not names["is_genuine"](b"catnip", signature, got.body)


def block(text, language):
    return text.split(f"```{language}\n", 1)[1].split("```", 1)[0]
