"""The part of RTSP (RFC 2326) that is needed to publish H.264 to a server, interleaved in the TCP connection."""

import socket
import struct
from types import TracebackType
from urllib.parse import urlsplit

from petcam.h264 import annexb
from petcam.shm import rtp

MAX_PAYLOAD_BYTES = 1200
TIMEOUT_SECONDS = 5.0
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=bench\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n"
)


class Publisher:
    """Publishes a stream. Raises :class:`OSError` where the server refuses or closes the connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._cseq = 0
        self._session = ""
        self._sequence = 0
        self._connection = socket.create_connection((parts.hostname, parts.port), TIMEOUT_SECONDS)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Publisher":
        try:
            self._request("ANNOUNCE", self._url, "Content-Type: application/sdp\r\n", SDP)
            self._request(
                "SETUP", f"{self._url}/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n"
            )
            self._request("RECORD", self._url, "Range: npt=0.000-\r\n")
        except OSError:
            self._connection.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def publish(self, data: bytes, keyframe: bool, now: int) -> None:
        """Send one access unit with the capture time ``now`` (CLOCK_MONOTONIC, ns)."""
        payloads = [payload for nal in annexb.nal_units(data) for payload in _payloads(nal)]
        packets = [self._packet(payload, now, payload is payloads[-1]) for payload in payloads]
        self._connection.sendall(b"".join(packets))

    def _packet(self, payload: bytes, now: int, marker: bool) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        header = struct.pack("!BBHII", 0x80, 96 | marker << 7, self._sequence, rtp.timestamp(now), 1)
        return struct.pack("!cBH", b"$", 0, len(header) + len(payload)) + header + payload

    def _request(self, method: str, url: str, headers: str, body: str = "") -> None:
        self._cseq += 1
        session = f"Session: {self._session}\r\n" if self._session else ""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self._connection.sendall(
            f"{method} {url} RTSP/1.0\r\nCSeq: {self._cseq}\r\n{session}{headers}{length}\r\n{body}".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            more = self._connection.recv(4096)
            if not more:
                raise ConnectionError(f"{self._url}: the server hung up")
            answer += more
        if b" 200 " not in answer.split(b"\r\n")[0]:
            raise ConnectionError(f"{self._url}: {method}: {answer!r}")
        for line in answer.decode().split("\r\n"):
            if line.lower().startswith("session:"):
                self._session = line.split(":", 1)[1].split(";")[0].strip()


def _payloads(nal: bytes) -> list[bytes]:
    """A NAL unit unchanged, or as FU-A fragments (RFC 6184, 5.8)."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        return [nal]
    starts = range(1, len(nal), MAX_PAYLOAD_BYTES - 2)
    indicator, kind = nal[0] & 0xE0 | 28, nal[0] & 31
    return [
        bytes([indicator, (start == 1) << 7 | (start == starts[-1]) << 6 | kind])
        + nal[start : start + MAX_PAYLOAD_BYTES - 2]
        for start in starts
    ]
