"""Answers offers by aiortc. Threads: ``webrtc`` runs the asyncio loop and all viewers, ``stream`` reads the segment."""

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from petcam.config import WebRTC
from petcam.errors import Code, PetcamError
from petcam.shm.stream import AccessUnit
from petcam.web.webrtc.packet_log import PacketLog
from petcam.web.webrtc.packets import Packets, packetize
from petcam.web.webrtc.stream_thread import StreamThread

MAX_HANDSHAKE_SECONDS = 10.0  # from the answer until media can flow
ADMISSION_CHECK_SECONDS = 1.0  # between checks whether a viewer is still let in
ANSWER_TIMEOUT_SECONDS = 8.0  # a STUN server that cannot be reached takes 5 s
STOP_TIMEOUT_SECONDS = 2.0
LOOP_TIMEOUT_SECONDS = 2.0  # a loop that takes no work for so long is stuck
AIORTC_REMEDY = "webrtc.backend: python needs aiortc: sudo apt install python3-aiortc, or set webrtc.backend to go"

_log = logging.getLogger(__name__)


def require_aiortc() -> None:
    """Raises ``BAD_CONFIG`` where aiortc is missing."""
    if importlib.util.find_spec("aiortc") is None:
        raise PetcamError(Code.BAD_CONFIG, AIORTC_REMEDY)


def quieten_libraries() -> None:
    """aioice and aiortc log dozens of lines at INFO for each viewer."""
    for name in ("aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.WARNING)


class PythonWebRTC:
    def __init__(self, settings: WebRTC, open_reader: Callable[[], AbstractContextManager[Any]]) -> None:
        self._max_viewers, self._ice_servers = settings.max_viewers, settings.ice_servers
        self._stream = StreamThread(open_reader, self._publish)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webrtc", daemon=True)
        self._started_at = time.monotonic()
        # Everything below is changed in the loop's thread only.
        self._packets = PacketLog()
        self._viewers: dict[Any, str] = {}  # each viewer's session
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._thread.start()
        self._stream.start()

    def stop(self) -> None:
        """Close all viewers' connections and end both threads."""
        if not self._thread.is_alive():
            return
        self._stream.stop()
        try:
            asyncio.run_coroutine_threadsafe(self._close_all(), self._loop).result(STOP_TIMEOUT_SECONDS)
        except concurrent.futures.TimeoutError:
            _log.warning("viewers did not end in time")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_TIMEOUT_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def answer(self, offer: str, session: str = "", admitted: Callable[[], bool] = lambda: True) -> str:
        """Answer an offer; the viewer stays as long as ``admitted()``, which is called in threads of the loop's pool.
        Raises ``BAD_OFFER``, ``TOO_MANY_VIEWERS``."""
        answering = asyncio.run_coroutine_threadsafe(self._answer(offer, session, admitted), self._loop)
        return answering.result(ANSWER_TIMEOUT_SECONDS)

    def end_session(self, session: str | None) -> int:
        """Close the viewers of a session, or all viewers where it is None; returns how many there were."""
        ending = asyncio.run_coroutine_threadsafe(self._end(session), self._loop)
        return ending.result(ANSWER_TIMEOUT_SECONDS)

    def health(self) -> dict[str, object]:
        """The fields of the streamer's ``/health``, without those about recording."""
        watching = sum(viewer.connected.is_set() for viewer in list(self._viewers))
        uptime = time.monotonic() - self._started_at
        return {"status": "ok", "uptime": uptime, "webrtc_clients": watching, "camera": self._stream.health()}

    def aspect(self) -> tuple[int, int]:
        """Width and height of a pixel."""
        return self._stream.aspect()

    def is_alive(self) -> bool:
        """Whether the loop still takes work."""
        try:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(LOOP_TIMEOUT_SECONDS)
        except concurrent.futures.TimeoutError:
            return False
        return True

    def _publish(self, unit: AccessUnit) -> None:
        packets = packetize(unit)
        if packets.payloads:
            self._loop.call_soon_threadsafe(self._append, packets)

    def _append(self, packets: Packets) -> None:
        self._packets.append(packets)

    async def _answer(self, offer: str, session: str, admitted: Callable[[], bool]) -> str:
        from petcam.web.webrtc.peer import Peer  # here: aiortc is optional, and costs memory

        if len(self._viewers) >= self._max_viewers:
            text = f"{self._max_viewers} viewers are watching, which is webrtc.max_viewers"
            raise PetcamError(Code.TOO_MANY_VIEWERS, text)
        viewer = Peer(self._packets, self._ice_servers)
        self._viewers[viewer] = session
        try:
            answer = await viewer.answer(offer)
        except BaseException:
            del self._viewers[viewer]
            await viewer.close()
            raise
        task = self._loop.create_task(self._serve(viewer, admitted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return answer

    async def _serve(self, viewer: Any, admitted: Callable[[], bool]) -> None:
        """Runs until the viewer leaves or is no longer let in."""
        try:
            await asyncio.wait_for(_wait_for_any(viewer.connected, viewer.ended), MAX_HANDSHAKE_SECONDS)
            while not viewer.ended.is_set() and await asyncio.to_thread(admitted):
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(viewer.ended.wait(), ADMISSION_CHECK_SECONDS)
        except asyncio.TimeoutError:
            _log.info("a viewer never connected")
        finally:
            self._viewers.pop(viewer, None)
            await viewer.close()

    async def _end(self, session: str | None) -> int:
        ending = [viewer for viewer, of in self._viewers.items() if session is None or of == session]
        for viewer in ending:
            viewer.ended.set()
        return len(ending)

    async def _close_all(self) -> None:
        for viewer in self._viewers:
            viewer.ended.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _wait_for_any(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
