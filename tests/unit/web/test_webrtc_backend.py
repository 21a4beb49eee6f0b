"""The Python WebRTC backend, with aiortc as its client."""

import asyncio
import json
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest

from petcam.config import WebRTC
from petcam.errors import Code, PetcamError
from petcam.shm.stream import AccessUnit
from petcam.web.app import create_app
from petcam.web.signaling.offer_gate import OfferGate
from petcam.web.signaling.offer_token import OfferTokens
from petcam.web.webrtc import backend as server
from petcam.web.webrtc.backend import PythonWebRTC
from petcam.web.webrtc.packet_log import MAX_LOG_BYTES, PacketLog
from petcam.web.webrtc.packets import MAX_PAYLOAD_BYTES, Packets, nals, packetize
from petcam.web.webrtc.stream_thread import StreamThread
from tests.h264_bits import sps_of
from tests.unit.web.fakes import PASSWORD, FakeReader

SPS, PPS = b"\x67\x42\x00\x1f\x01", b"\x68\xce\x01"


def run_in_thread(coroutine):
    """In a thread of its own: the main thread has the browser tests' loop if they run in the same session."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def unit(number, keyframe=False, size=3000):
    picture = bytes([0x65 if keyframe else 0x41]) + bytes([number % 255 + 1]) * size
    parts = [SPS, PPS, picture] if keyframe else [picture]
    data = b"".join(b"\0\0\0\1" + part for part in parts)
    capture_ns = 10**15 + number * 33_333_333
    return AccessUnit(1, number, number, capture_ns, capture_ns, keyframe, False, 640, 480, data)


def test_large_nal_units_are_fragmented_and_others_kept():
    made = packetize(unit(1, keyframe=True))
    assert made.payloads[:2] == [SPS, PPS]
    fragments = made.payloads[2:]
    assert all(len(payload) <= MAX_PAYLOAD_BYTES for payload in fragments) and len(fragments) == 3
    assert [payload[1] for payload in fragments] == [0x85, 0x05, 0x45]
    assert bytes([fragments[0][0] & 0xE0 | 5]) + b"".join(p[2:] for p in fragments) == list(nals(unit(1, True).data))[2]


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"\0\0\1\0\0\1", b"abc", b"\0\0\1\x09\xf0"])
def test_data_without_nal_units_gives_no_packet(data):
    assert list(nals(data)) == []


@pytest.mark.parametrize("kind", [0, 9, 12, 24, 28, 29, 31])
def test_what_rtp_uses_for_itself_and_fillers_are_left_out(kind):
    picture = b"\0\0\1\x41picture"
    assert list(nals(b"\0\0\1" + bytes([kind | 0x60]) + b"more" + picture)) == [b"\x41picture"]


def packets(number, keyframe=False, size=10):
    return Packets([b"x"], number, keyframe, size)


def test_a_viewer_that_is_new_or_fell_behind_begins_at_the_latest_keyframe():
    async def run():
        log = PacketLog()
        for number in range(25):
            log.append(packets(number, keyframe=number % 10 == 0))
        first, shown = await log.after(None)
        assert shown.timestamp == 20 and (await log.after(first))[1].timestamp == 21
        for number in range(25, 200):
            log.append(packets(number, keyframe=number % 10 == 0))
        assert (await log.after(first))[1].timestamp == 190
        unsent = asyncio.ensure_future(log.after(199))
        await asyncio.sleep(0)
        log.append(packets(200))
        assert (await unsent)[1].timestamp == 200

    run_in_thread(run())


def test_a_group_that_is_too_large_is_not_kept_for_new_viewers():
    log = PacketLog()
    log.append(packets(0, keyframe=True, size=MAX_LOG_BYTES))
    log.append(packets(1, size=1))
    assert log.keyframe_number is None


def test_nobody_begins_at_a_keyframe_of_long_ago(monkeypatch):
    log = PacketLog()
    log.append(packets(0, keyframe=True))
    assert log._start() == 0
    now = time.monotonic()
    monkeypatch.setattr("petcam.web.webrtc.packet_log.time.monotonic", lambda: now + 13)
    log.append(packets(1))
    assert log._start() is None
    log.append(packets(2, keyframe=True))
    assert log._start() == 2


@pytest.fixture
def stream():
    """A thread that is not started."""
    return StreamThread(FakeReader, lambda unit: None)


def live_unit(seconds_ago=0.0, keyframe=False, sps=SPS):
    captured = time.monotonic_ns() - int(seconds_ago * 1e9)
    data = b"".join(b"\0\0\1" + part for part in ([sps, PPS, b"\x65x"] if keyframe else [b"\x41x"]))
    return AccessUnit(1, 1, 1, captured, captured, keyframe, False, 352, 288, data)


def health_after(stream, *units, without=0.0):
    reader = FakeReader()
    reader.without_keyframe = without
    for each in units:
        reader.items.put(each)
    for _ in range(len(units) + 1):
        stream._read_next(reader)
    return stream.health()


def test_a_camera_without_keyframes_has_a_state_of_its_own(stream):
    camera = health_after(stream, without=12.4)
    assert (camera["state"], camera["keyframe_age_ms"]) == ("no keyframe", -1)
    assert camera["message"] == "no keyframe for 12 s: lower the camera's keyframe interval"


def test_the_last_keyframe_may_be_too_old_for_newcomers(stream):
    camera = health_after(stream, live_unit(13.5, keyframe=True), live_unit())
    assert (camera["state"], camera["keyframe_age_ms"]) == ("no keyframe", -1)
    assert camera["message"].startswith("no keyframe for 13 s: ")


def test_a_camera_of_a_picture_each_few_seconds_is_live_between_them(stream):
    reader = FakeReader()
    reader.silent_after = 6_250_000_000
    reader.items.put(live_unit(5.5, keyframe=True))
    stream._read_next(reader)
    health = stream.health()
    assert (health["state"], health["silent_after_ms"]) == ("live", 6250)
    reader.silent_after = 1_000_000_000
    stream._read_next(reader)
    assert stream.health()["state"] == "silent"


def test_health_says_the_age_of_the_keyframe_and_the_shape_of_a_pixel(stream):
    camera = health_after(stream, live_unit(1.5, keyframe=True, sps=sps_of(352, 288, aspect=(16, 11))), live_unit())
    assert camera["state"] == "live" and 1500 <= camera["keyframe_age_ms"] < 12_000
    assert camera["aspect"] == [16, 11]
    assert health_after(stream, live_unit(keyframe=True))["aspect"] == [1, 1]


# The tests from here on need aiortc.

aiortc = pytest.importorskip("aiortc")


@pytest.fixture
def gate():
    return OfferGate(OfferTokens(bytes(32), "boot-1"))


@pytest.fixture
def camera():
    return FakeReader()


@pytest.fixture
def backend(camera):
    running = PythonWebRTC(WebRTC(max_viewers=2), lambda: camera)
    running.start()
    yield running
    running.stop()
    assert not [t.name for t in threading.enumerate() if t.name in ("webrtc", "stream")]


class Client:
    """An aiortc viewer in the test's loop; ``packets`` are the RTP packets that it received."""

    def __init__(self):
        self.packets = queue.Queue()
        self.peer = aiortc.RTCPeerConnection(aiortc.RTCConfiguration([]))
        receiver = self.peer.addTransceiver("video", "recvonly").receiver

        async def record(packet, arrival_time_ms):
            self.packets.put(packet)

        receiver._handle_rtp_packet = record

    async def offer(self):
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def accept(self, answer):
        await self.peer.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))

    async def next(self):
        for _ in range(2000):
            with_packet = None
            try:
                with_packet = self.packets.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.005)
            if with_packet is not None:
                return with_packet
        raise AssertionError("nothing came")

    async def picture(self):
        """RTP timestamp and payloads up to the marker."""
        payloads = []
        while True:
            packet = await self.next()
            payloads.append(packet.payload)
            if packet.marker:
                return packet.timestamp, payloads


async def eventually(condition):
    for _ in range(2000):
        if condition():
            return True
        await asyncio.sleep(0.005)
    return False


def test_a_viewer_gets_the_group_unchanged_with_timestamps_of_the_capture(backend, camera):
    units = [unit(number, keyframe=number == 0) for number in range(4)]
    for given in units[:2]:
        camera.items.put(given)

    async def run():
        client = Client()
        await client.accept(await asyncio.to_thread(backend.answer, await client.offer()))
        seen = [await client.picture(), await client.picture()]
        assert backend.health()["webrtc_clients"] == 1
        for given in units[2:]:
            camera.items.put(given)
        seen += [await client.picture(), await client.picture()]
        await client.peer.close()
        assert await eventually(lambda: backend.health()["webrtc_clients"] == 0)
        return seen

    expected = [packetize(given) for given in units]
    assert run_in_thread(run()) == [(made.timestamp, made.payloads) for made in expected]
    assert expected[1].timestamp == units[1].capture_ns * 9 // 100_000 % 2**32
    assert backend.health()["camera"]["width"] == 640


def test_a_viewer_that_asks_for_a_keyframe_gets_the_group_again(backend, camera, monkeypatch):
    monkeypatch.setattr("petcam.web.webrtc.peer.MIN_RESTART_INTERVAL_SECONDS", 0)
    camera.items.put(unit(0, keyframe=True))
    camera.items.put(unit(1))

    async def run():
        client = Client()
        await client.accept(await asyncio.to_thread(backend.answer, await client.offer()))
        first, second = await client.picture(), await client.picture()
        receiver = client.peer.getReceivers()[0]
        await receiver._send_rtcp_pli((await ssrc(client, camera))[0])
        assert await eventually(lambda: any(viewer._restart_requested for viewer in backend._viewers))
        camera.items.put(unit(3))
        again = await client.picture()
        await client.peer.close()
        return first, second, again

    async def ssrc(client, camera):
        camera.items.put(unit(2))
        packet = await client.next()
        while not packet.marker:
            packet = await client.next()
        return (packet.ssrc,)

    first, second, again = run_in_thread(run())
    assert again == first != second


def test_the_number_of_viewers_is_limited_and_a_session_can_be_ended(backend, camera):
    camera.items.put(unit(0, keyframe=True))

    async def run():
        clients = [Client(), Client(), Client()]
        offers = [await client.offer() for client in clients]
        for client, offer, session in zip(clients, offers, ("mine", "other"), strict=False):
            await client.accept(await asyncio.to_thread(backend.answer, offer, session))
            await client.picture()
        with pytest.raises(PetcamError) as refused:
            await asyncio.to_thread(backend.answer, offers[2])
        assert refused.value.code is Code.TOO_MANY_VIEWERS
        assert await asyncio.to_thread(backend.end_session, "mine") == 1
        assert await eventually(lambda: backend.health()["webrtc_clients"] == 1)
        still = threading.Event()
        still.set()
        await clients[2].accept(await asyncio.to_thread(backend.answer, offers[2], "third", still.is_set))
        await clients[2].picture()
        assert backend.health()["webrtc_clients"] == 2
        still.clear()
        assert await eventually(lambda: backend.health()["webrtc_clients"] == 1), "its session's time is over"
        for client in clients:
            await client.peer.close()

    run_in_thread(run())


AUDIO = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
)


@pytest.mark.parametrize("offer", ["", "v=0", "nonsense", AUDIO, "v=0\r\nm=video x\r\n", "\0" * 1000])
def test_an_invalid_offer_is_refused_and_takes_no_viewers_place(backend, offer):
    for _ in range(3):
        with pytest.raises(PetcamError) as refused:
            backend.answer(offer)
        assert refused.value.code is Code.BAD_OFFER


def test_a_viewer_that_never_connects_makes_room_for_others(backend, monkeypatch):
    monkeypatch.setattr(server, "MAX_HANDSHAKE_SECONDS", 0.05)

    async def run():
        clients = [Client() for _ in range(5)]
        for client in clients:
            offer = await client.offer()
            assert await eventually(lambda: len(backend._viewers) < 2)
            await asyncio.to_thread(backend.answer, offer)
            await client.peer.close()

    run_in_thread(run())


def test_it_names_the_package_to_install_where_aiortc_is_missing(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PetcamError, match="python3-aiortc") as raised:
        server.require_aiortc()
    assert raised.value.code is Code.BAD_CONFIG


@pytest.fixture
def python_services(services, backend):
    config = replace(services.config, webrtc=WebRTC(backend="python"))
    return replace(services, config=config, webrtc=backend)


def test_with_the_python_backend_the_page_sends_its_offer_to_petcam_web(python_services):
    client = create_app(python_services).test_client()
    assert client.get("/api/webrtc/config").get_json()["signaling_url"] == "/api/webrtc/offer"
    assert "8081" not in client.get("/").headers["Content-Security-Policy"]
    refused = client.post("/api/webrtc/offer", json={"type": "offer", "sdp": "v=0"})
    assert (refused.status_code, refused.get_json()["error"]) == (400, "Bad offer")
    assert client.post("/api/webrtc/offer", json={"type": "answer", "sdp": "v=0"}).status_code == 400


def test_health_comes_from_the_backend_and_says_whether_the_streamer_records(python_services, streamer):
    client = create_app(python_services).test_client()
    streamer.fail(Code.STREAMER_UNAVAILABLE)
    health = client.get("/api/go/health").get_json()
    assert (health["status"], health["webrtc_clients"], health["recording"]) == ("ok", 0, None)
    assert (health["backend"], health["camera"]["state"]) == ("python", "waiting")
    streamer.answer = SimpleNamespace(status=200, body=json.dumps({"recording": True}).encode(), retry_after="")
    assert client.get("/api/go/health").get_json()["recording"] is True


def test_each_offer_needs_an_unused_token_of_its_session(python_services, gate):
    python_services.owner.set_password(PASSWORD)
    config = replace(python_services.config, auth=replace(python_services.config.auth, mode="password"))
    client = create_app(replace(python_services, config=config, offer_tokens=gate._tokens)).test_client()
    assert client.post("/api/webrtc/offer", json={}).status_code == 401
    client.post("/login", data={"password": PASSWORD})
    token = client.get("/api/webrtc/config").get_json()["token"]
    foreign = gate._tokens.make("localhost", "another", 60)
    elsewhere = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for given in ("", "x", "v1.x.y", foreign, elsewhere):
        assert offer_with(client, given).status_code == 401
    assert offer_with(client, token).get_json()["error"] == "Bad offer", "let in, and then judged"
    assert offer_with(client, token).status_code == 401


def offer_with(client, token):
    offer = {"type": "offer", "sdp": "v=0"}
    return client.post("/api/webrtc/offer", json=offer, headers={"Authorization": f"Bearer {token}"})


def test_a_token_expires_after_a_minute(gate, monkeypatch):
    token = gate._tokens.make("camera", "mine", 600)
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    monkeypatch.setattr("petcam.web.signaling.offer_gate.boottime_ms", lambda: now + 60_001)
    with pytest.raises(PetcamError):
        gate.redeem(token, "camera", "mine")
