"""petcam and a real broker."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from petcam.home_assistant import connection, session
from petcam.telling.happening import Happening
from tests.broker import Mosquitto, needs_mosquitto
from tests.integration.home_assistant.conftest import PICTURE, QUIET
from tests.ports import free_port

TOP = Path(__file__).parents[3]

pytestmark = needs_mosquitto


def resolves(name):
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


def url(broker):
    return f"mqtt://127.0.0.1:{broker.port}"


def visit(state="begin", number=1):
    return Happening(number, "visit", "cat", state, 1_800_000_000.0, places=("sofa",))


def test_all_that_is_known_is_retained_in_one_discovery_message_and_one_topic_each(broker, petcam):
    with broker.listener() as live:
        speaking = petcam(url(broker)).start()
        live.wait_for_message(speaking.topic("availability"), b"online")
        assert len(live.of(speaking.discovery)) == 1
    with broker.listener() as late:
        late.wait_for_retained()
        assert all(retained for _, _, retained in late.messages)
        components = json.loads(late.latest()[speaking.discovery])["cmps"]
        states = {topic.rpartition("/")[2] for topic in late.latest() if topic.startswith("petcam/")}
        assert states == {*components, "availability"} - {"visit", "sound", "trouble", "picture"}
    assert speaking.ha.way == ("mqtt://127.0.0.1", None, "", True)


def test_events_are_told_once_and_not_retained_and_the_last_visit_has_its_picture(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        for state in ("begin", "change", "end"):
            speaking.ha.take(visit(state))
        live.wait_for_message(speaking.topic("picture"), PICTURE)
        live.wait_for_message(speaking.topic("visit"), count=2)
    told = [json.loads(payload) for payload in live.of(speaking.topic("visit"))]
    assert [(each["event_type"], each["id"]) for each in told] == [("begin", 1), ("end", 1)]
    assert told[0]["classes"] == ["cat"] and told[0]["places"] == ["sofa"]
    with broker.listener() as late:
        late.wait_for_retained()
        assert late.latest()[speaking.topic("picture")] == PICTURE
        assert not late.of(speaking.topic("visit"))


def test_states_follow_what_is_seen(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        seen = {"cat": 1_800_000_059.0}
        speaking.ha.tick(
            QUIET._replace(classes_there=frozenset({"cat"}), places_there=frozenset({"ソファ"}), last_seen=seen)
        )
        live.wait_for_message(speaking.topic("class_cat"), b"ON")
        live.wait_for_message(speaking.topic("place_ccdc33c4"), b"ON")
        live.wait_for_message(speaking.topic("last_seen_cat"), b"2027-01-15T08:00:00+00:00")
        assert live.latest()[speaking.topic("class_dog")] == b"OFF"


def test_the_broker_says_that_petcam_was_killed(broker, tmp_path):
    command = [sys.executable, "-m", "tests.integration.home_assistant.victim", str(tmp_path / "state"), url(broker)]
    path = os.pathsep.join([str(TOP), os.environ.get("PYTHONPATH", "")])
    with (
        broker.listener("petcam/+/availability") as live,
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as victim,
    ):
        live.wait_for(lambda: b"online" in live.latest().values())
        victim.kill()
        live.wait_for(lambda: b"offline" in live.latest().values())
    with broker.listener("petcam/+/availability") as late:
        late.wait_for_retained()
        assert list(late.latest().values()) == [b"offline"]


def test_an_orderly_end_says_so_and_leaves_no_thread(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        speaking.ha.stop()
        live.wait_for_message(speaking.topic("availability"), b"offline")
    assert not speaking.ha._thread.is_alive()


def test_a_broker_that_restarts_is_told_all_again_and_of_the_newest_events_only(broker, petcam):
    speaking = petcam(url(broker)).start()
    speaking.wait_until_connected()
    broker.stop()
    speaking.wait_for_trouble("it ")
    for number in range(40):
        speaking.ha.take(visit(number=number))
    speaking.ha.tick(QUIET._replace(visits_today=40))
    broker.start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        live.wait_for_message(speaking.topic("visits_today"), b"40")
        live.wait_for_message(speaking.discovery)
        speaking.ha.take(visit(number=40))
        live.wait_for(lambda: 40 in ids(live, speaking))
    assert len(ids(live, speaking)) <= 11 and 39 - len(ids(live, speaking)) < min(ids(live, speaking))
    speaking.wait_until_connected()


def ids(live, speaking):
    return [json.loads(payload)["id"] for payload in live.of(speaking.topic("visit"))]


def test_home_assistants_start_has_the_discovery_sent_again(broker, petcam, monkeypatch):
    monkeypatch.setattr(session, "SPREAD", (0.0, 0.1))
    monkeypatch.setattr(session, "RENEW_PAUSE", 0.0)
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        before = len(live.of(speaking.discovery))
        live.publish("homeassistant/status", b"offline")
        live.publish("homeassistant/status", b"online")
        live.wait_for_message(speaking.discovery, count=before + 1)


def test_switches_are_turned_from_there_and_only_by_on_and_off(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        for payload in (b"on", b"TOGGLE", b"", b"\xff" * 9, b"1", b'{"state": "ON"}'):
            live.publish(speaking.topic("camera/set"), payload)
        live.publish(speaking.topic("home/set"), b"OFF", retain=False)
        speaking.wait_for_asked(("home", False))
        live.publish(speaking.topic("camera/set"), b"OFF")
        speaking.wait_for_asked(("home", False), ("camera", False))
        assert len(speaking.asked) == 2


def test_a_retained_command_is_not_obeyed(broker, petcam):
    before = petcam(url(broker)).start()
    before.wait_until_connected()
    before.ha.stop()
    with broker.listener() as live:
        live.publish(before.topic("camera/set"), b"ON", retain=True)
        speaking = petcam(url(broker)).start()
        live.wait_for_message(speaking.topic("availability"), b"online")
        live.publish(speaking.topic("record/set"), b"ON")
        speaking.wait_for_asked(("record", True))
    assert speaking.asked == [("record", True)]


def test_a_switch_that_cannot_be_turned_springs_back(broker, petcam):
    speaking = petcam(url(broker))
    speaking.refuses = True
    speaking.start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("camera"), b"ON")
        before = len(live.of(speaking.topic("camera")))
        live.publish(speaking.topic("camera/set"), b"OFF")
        assert live.wait_for_message(speaking.topic("camera"), count=before + 1)[-1] == b"ON"


def test_a_flood_of_commands_turns_a_switch_now_and_then_and_last_as_the_last_said(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener("petcam/+/availability") as live:
        live.wait_for(lambda: b"online" in live.latest().values())
        for number in range(500):
            live._client.publish(speaking.topic("camera/set"), b"OFF" if number % 2 else b"ON")
        live.publish(speaking.topic("record/set"), b"ON")
        live.publish(speaking.topic("camera/set"), b"OFF")
        speaking.wait_for_asked(("record", True), ("camera", False))
    assert len(speaking.asked) < 100


def test_a_huge_message_is_not_read(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener("petcam/+/availability") as live:
        live.wait_for(lambda: b"online" in live.latest().values())
        live.publish(speaking.topic("camera/set"), b"O" * 1_000_000)
        live.wait_for_message(speaking.topic("availability"), b"offline")
        live.wait_for_message(speaking.topic("availability"), b"online", count=2)
    assert not speaking.asked


def test_what_is_gone_is_removed_and_comes_back(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        speaking.ha.tick(QUIET._replace(classes=("cat",), places=()))
        live.wait_for_message(speaking.topic("class_dog"), b"")
        live.wait_for_message(speaking.topic("place_sofa"), b"")
        components = json.loads(live.of(speaking.discovery)[-1])["cmps"]
        assert components["class_dog"] == {"platform": "binary_sensor"}
        assert components["last_seen_dog"] == {"platform": "sensor"}
        speaking.ha.tick(QUIET)
        live.wait_for_message(speaking.topic("class_dog"), b"OFF", count=2)
        assert json.loads(live.of(speaking.discovery)[-1])["cmps"]["class_dog"]["unique_id"].endswith("_class_dog")


def test_another_language_is_told_anew(broker, petcam):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        before = len(live.of(speaking.discovery))
        speaking.ha.tick(QUIET._replace(language="ja"))
        told = json.loads(live.wait_for_message(speaking.discovery, count=before + 1)[-1])["cmps"]
    assert told["class_cat"]["name"] == "見えている：猫"
    assert told["class_cat"]["default_entity_id"] == "binary_sensor.petcam_class_cat"


@pytest.mark.parametrize("moves", [False, True])
def test_a_broker_that_is_configured_no_longer_keeps_nothing(broker, petcam, tmp_path, moves):
    speaking = petcam(url(broker)).start()
    with broker.listener() as live:
        live.wait_for_message(speaking.topic("availability"), b"online")
        speaking.ha.take(visit())
        live.wait_for_message(speaking.topic("picture"), PICTURE)
        speaking.ha.stop()
        (tmp_path / "other").mkdir()
        other = Mosquitto(tmp_path / "other") if moves else None
        after = petcam(url(other) if other else "").start()
        live.wait_for_message(speaking.topic("availability"), b"")
        assert after.memory.identity == speaking.memory.identity
    with broker.listener() as late:
        late.wait_for_retained()
        assert late.messages == []
    if other:
        after.wait_until_connected()
        after.ha.stop()
        other.stop()


def test_a_wrong_password_is_said_and_the_right_one_needs_no_restart(tmp_path, petcam):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "petcam", "right-word"], check=True, timeout=60)
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}\n")
    secret = tmp_path / "secret"
    secret.write_text("wrong-word\n")
    try:
        speaking = petcam(url(broker), user="petcam", password_file=secret).start()
        said = speaking.wait_for_trouble("the user or the password")
        assert "wrong-word" not in said and speaking.ha.way.failing_since > 1e9
        secret.unlink()
        assert f"{secret} cannot be read (No such file" in speaking.wait_for_trouble("notify.mqtt_password_file: ")
        secret.write_text("right-word\n")
        speaking.wait_until_connected()
    finally:
        broker.stop()


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True, timeout=60)


@pytest.fixture
def certificates(tmp_path):
    """``ca.pem``, and ``server.pem`` that is signed by it, for localhost."""
    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    openssl(tmp_path, "req", "-x509", *key, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(tmp_path, "req", *key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    openssl(tmp_path, "x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem")
    return tmp_path


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves failed TLS to the collector
def test_tls_needs_a_trusted_certificate_of_that_name(certificates, petcam):
    if not resolves("localhost"):
        pytest.skip("this machine does not know localhost: it has no /etc/hosts")
    server = f"certfile {certificates}/server.pem\nkeyfile {certificates}/server.key\n"
    port = free_port()
    broker = Mosquitto(certificates, f"allow_anonymous true\nlistener {port} 127.0.0.1\n{server}")
    ca = certificates / "ca.pem"
    wrong = [
        (f"mqtts://localhost:{port}", "", "notify.mqtt_ca names"),
        (f"mqtts://127.0.0.1:{port}", ca, "is not trusted"),
        (f"mqtts://localhost:{broker.port}", ca, "it ends the connection at once"),
        (f"mqtts://localhost:{port}", certificates / "no.pem", "notify.mqtt_ca, "),
        (f"mqtt://localhost:{port}", "", "is it a broker"),
    ]
    try:
        for address, trusted, said in wrong:
            speaking = petcam(address, ca=trusted).start()
            speaking.wait_for_trouble(said)
            speaking.ha.stop()
        petcam(f"mqtts://localhost:{port}", ca=ca).start().wait_until_connected()
    finally:
        broker.stop()


def test_a_broker_that_accepts_and_says_nothing_is_left(petcam, monkeypatch):
    monkeypatch.setattr(connection, "MAX_SILENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        speaking = petcam(f"mqtt://127.0.0.1:{silent.getsockname()[1]}").start()
        speaking.wait_for_trouble("says nothing")
        for number in range(10_000):
            speaking.ha.take(visit(number=number))  # comes back at once, and keeps a few
        assert len(speaking.ha._mailbox.take().happenings) <= 64
        speaking.ha.stop()
    assert not speaking.ha._thread.is_alive()


def test_a_broker_that_acknowledges_nothing_is_left(broker, petcam, monkeypatch):
    monkeypatch.setattr(connection, "MAX_UNACKNOWLEDGED", 1.0)
    speaking = petcam(url(broker)).start()
    speaking.wait_until_connected()
    broker.pause()
    for number in range(100):
        speaking.ha.tick(QUIET._replace(visits_today=number + 1))
        time.sleep(0.005)
    speaking.wait_for_trouble("does not acknowledge")


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens_are_said(petcam):
    petcam("mqtt://no-such-broker.invalid").start().wait_for_trouble("its name cannot be resolved")
    petcam(f"mqtt://127.0.0.1:{free_port()}").start().wait_for_trouble("Connection refused")
