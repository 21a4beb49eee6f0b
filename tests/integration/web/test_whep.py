"""WHEP with the real services and aiortc as the player."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from petcam.system.streamer_binary import find_streamer
from tests.real_services import RealServices

aiortc = pytest.importorskip("aiortc")

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup")
TIMEOUT_SECONDS = 40.0  # for a frame


@pytest.fixture(scope="module")
def petcam(film, tmp_path_factory):
    with RealServices(tmp_path_factory.mktemp("petcam"), film) as running:
        running.start("web", "streamer")
        yield running


class Player:
    """A WHEP player made with aiortc; one session."""

    def __init__(self, endpoint, token):
        self._endpoint, self._headers = endpoint, {"Authorization": f"Bearer {token}"}
        self._peer = aiortc.RTCPeerConnection()
        self._receiver = self._peer.addTransceiver("video", direction="recvonly").receiver
        self.location = ""

    async def __aenter__(self):
        await self._peer.setLocalDescription(await self._peer.createOffer())
        answer = await self.send_request("POST", "", self._peer.localDescription.sdp)
        assert answer.status_code == 201, answer.text
        self.location = answer.headers["Location"]
        await self._peer.setRemoteDescription(aiortc.RTCSessionDescription(answer.text, "answer"))
        return self

    async def __aexit__(self, *_):
        await self._peer.close()

    async def frame(self):
        return await asyncio.wait_for(self._receiver.track.recv(), TIMEOUT_SECONDS)

    async def wait_for_end(self):
        """Wait until the stream has ended."""
        with pytest.raises(aiortc.mediastreams.MediaStreamError):
            while True:
                await self.frame()

    async def send_request(self, method, path, body="", **headers):
        """``path`` is on the endpoint's host; empty: the endpoint itself."""
        url = self._endpoint.removesuffix("/whep") + path if path else self._endpoint
        headers = {"Content-Type": "application/sdp", **self._headers, **headers}
        return await asyncio.to_thread(requests.request, method, url, data=body, headers=headers, timeout=20)


def viewers(petcam):
    return requests.get(f"{petcam.streamer_url}/health", timeout=20).json()["webrtc_clients"]


async def watch(petcam, token):
    async with Player(f"{petcam.streamer_url}/whep", token) as player:
        frames = [await player.frame() for _ in range(5)]
        assert {(frame.width, frame.height) for frame in frames} == {(320, 240)}
        pictures = [frame.to_ndarray(format="gray")[120, 160] for frame in frames]
        assert len(set(pictures)) > 1, "the film stands still"
        assert viewers(petcam) == 1
        deleted = await player.send_request("DELETE", player.location)
        assert deleted.status_code == 200
        await player.wait_for_end()
        assert (await player.send_request("DELETE", player.location)).status_code == 404


def run_in_thread(session):
    """Run the coroutine in a thread of its own: after the browser tests, playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, session).result()


def test_a_whep_player_gets_the_picture_and_ends_its_session(petcam):
    token = petcam.token("add", "player")
    run_in_thread(watch(petcam, token))
    assert token not in petcam.all_logs()


async def revoke_while_watching(petcam, token, label):
    async with Player(f"{petcam.streamer_url}/whep", token) as player:
        await player.frame()
        await asyncio.to_thread(petcam.token, "revoke", label)
        revoked = time.monotonic()
        await player.wait_for_end()
        assert time.monotonic() - revoked < 10
        assert (await player.send_request("POST", "", "v=0")).status_code == 401


def test_a_revoked_token_ends_its_streams_within_ten_seconds(petcam):
    run_in_thread(revoke_while_watching(petcam, petcam.token("add", "lent"), "lent"))


@pytest.mark.needs_python("pictures")
def test_a_viewing_token_opens_a_snapshot_without_a_cookie(petcam):
    headers = {"Authorization": f"Bearer {petcam.token('add', 'card')}"}
    answer = requests.get(f"{petcam.url}/snapshot.jpg", headers=headers, timeout=20)
    assert answer.status_code == 200 and answer.content[:2] == b"\xff\xd8" and "Set-Cookie" not in answer.headers
    petcam.token("revoke", "card")
    assert requests.get(f"{petcam.url}/snapshot.jpg", headers=headers, timeout=20).status_code == 401
