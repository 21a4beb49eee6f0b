"""How the packets of a track get to the client: interleaved in the RTSP connection, or by UDP."""

import re
import socket
import struct
import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Interleaved:
    client: socket.socket
    lock: threading.Lock  # one at a time writes to the client
    channel: int

    @property
    def said(self) -> str:
        return f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.channel + 1}"

    def send(self, packets: list[bytes]) -> None:
        framed = b"".join(struct.pack(">cBH", b"$", self.channel, len(each)) + each for each in packets)
        with self.lock:
            self.client.sendall(framed)

    def close(self) -> None:
        pass  # the connection is the session's


class Udp:
    """``ports`` are the client's for RTP and RTCP, as it says them. RTCP is not sent, and what comes is not read."""

    def __init__(self, ports: str) -> None:
        self._sockets = _pair()
        self._client = ("127.0.0.1", int(ports.split("-")[0]))
        port = self._sockets[0].getsockname()[1]
        self.said = f"RTP/AVP;unicast;client_port={ports};server_port={port}-{port + 1}"

    def send(self, packets: list[bytes]) -> None:
        for each in packets:
            self._sockets[0].sendto(each, self._client)

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def asked_for(transport: str, client: socket.socket, lock: threading.Lock) -> Interleaved | Udp | None:
    """That of a SETUP's header. ``None``: it names none that a camera knows."""
    interleaved = re.search(r"interleaved=(\d+)-", transport)
    if interleaved:
        return Interleaved(client, lock, int(interleaved[1]))
    udp = re.search(r"client_port=(\d+-\d+)", transport)
    return Udp(udp[1]) if udp else None


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two ports, one after the other, as RTP and RTCP have them."""
    for _ in range(100):
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtp.bind(("127.0.0.1", 0))
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            rtcp.bind(("127.0.0.1", rtp.getsockname()[1] + 1))
            return rtp, rtcp
        except (OSError, OverflowError):
            rtp.close()
            rtcp.close()
    raise OSError("no two ports that follow each other are free")
