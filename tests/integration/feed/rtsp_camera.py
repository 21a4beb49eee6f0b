"""A small RTSP camera for tests: one client at a time, H.264 in RTP over the RTSP connection, loopback only."""

import base64
import socket
import struct
import threading
import time

from petcam.h264 import annexb

FPS = 20
MTU = 1200


class RtspCamera:
    """A context manager; owns a thread that serves ``clip`` (Annex-B) over and over to whoever asks."""

    def __init__(self, clip: bytes) -> None:
        splitter = annexb.Splitter()
        self._units = splitter.push(clip) + splitter.flush()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.authorizations: list[str] = []
        self._stop = threading.Event()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "RtspCamera":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        self._thread.join()
        self._listener.close()

    def hang_up(self) -> None:
        client = self._client
        if client is not None:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was gone already

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            with self._client:
                try:
                    self._answer(self._client)
                except OSError:
                    continue

    def _answer(self, client: socket.socket) -> None:
        with client.makefile("rb") as requests:
            while line := requests.readline():
                method = line.split()[0].decode()
                headers = {}
                while (header := requests.readline().strip()) != b"":
                    name, _, value = header.decode().partition(": ")
                    headers[name.lower()] = value
                if "authorization" not in headers:
                    self._reply(client, headers, "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"\r\n')
                    continue
                self.authorizations.append(base64.b64decode(headers["authorization"].split()[1]).decode())
                self._reply(client, headers, "200 OK", *self._extra(method))
                if method == "PLAY":
                    self._play(client)
                    return

    def _extra(self, method: str) -> tuple[str, str]:
        if method == "OPTIONS":
            return "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""
        if method == "DESCRIBE":
            sdp = (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:video\r\n"
            )
            return "Content-Type: application/sdp\r\n", sdp
        if method == "SETUP":
            return "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", ""
        return "", ""

    def _reply(self, client: socket.socket, headers: dict[str, str], status: str, extra: str, body: str = "") -> None:
        head = f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\nSession: 1\r\n{extra}"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _play(self, client: socket.socket) -> None:
        begin, number, sequence = time.monotonic(), 0, 0
        while not self._stop.wait(max(0, begin + number / FPS - time.monotonic())):
            payloads = [part for nal in self._units[number % len(self._units)] for part in _packetised(nal)]
            for i, payload in enumerate(payloads):
                marker = 0x80 if i == len(payloads) - 1 else 0
                rtp = struct.pack(">BBHII", 0x80, marker | 96, sequence & 0xFFFF, number * 90000 // FPS, 1) + payload
                client.sendall(struct.pack(">cBH", b"$", 0, len(rtp)) + rtp)
                sequence += 1
            number += 1


def _packetised(nal: bytes) -> list[bytes]:
    """RFC 6184: single NAL unit packets, or FU-A for what is larger."""
    if len(nal) <= MTU:
        return [nal]
    indicator, kind, body = nal[0] & 0xE0 | 28, nal[0] & 31, nal[1:]
    parts = [body[at : at + MTU] for at in range(0, len(body), MTU)]
    flags = [(0x80 if i == 0 else 0) | (0x40 if i == len(parts) - 1 else 0) for i in range(len(parts))]
    return [bytes((indicator, flag | kind)) + part for flag, part in zip(flags, parts, strict=True)]
