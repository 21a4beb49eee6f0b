"""The attacks of the subject ``siege``, each in a process of its own: ``python -m bench.siege_attacks KIND SECONDS``.

What it attacks comes on stdin (:class:`Target`, as JSON). It ends after SECONDS and prints how often what happened.
Each drives one bound of petcam for as long as it runs: whatever the services close is opened again.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass

from bench.attacker import SDP

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
PIPELINED_CONNECTIONS, PIPELINED_REQUESTS = 45, 400  # to each of four ports
HELD_BODIES, SMALL_BODY_COUNT = 350, 350  # connections with bodies of each of the two sizes
LARGE_BODY, SMALL_BODY = 1_000_000, 60_000  # bytes, of which the last is never sent
SLOW_CONNECTIONS = 300  # to each port
LARGE_HEADERS = 250_000  # bytes
REPEATING = 8  # that ask again and again
MJPEG_CLIENTS, EVENT_CLIENTS, PLAYERS = 40, 60, 40
PACKETS_A_SECOND = 3000  # of each kind
BURST = 50
RETRY_SECONDS = 0.1
TIMEOUT_SECONDS, ODD_SECONDS = 30.0, 0.3  # that an answer is awaited
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
# What a parser, the log or a header's reader may trip over.
ODD_REQUESTS = (
    b"GET /%0Apetcam-web:%20a%20line%20that%20was%20forged%1b[2J HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://[\r\nContent-Length: 0\r\n\r\n",
    b"GET /snapshot.jpg HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic \xff\xfe\xe9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\n Host : localhost\r\n\r\n",
    bytes(range(256)) * 4 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
)
# A DTLS 1.2 ClientHello without a cookie, and a STUN binding request of a user whom nobody knows.
DTLS_HELLO = bytes.fromhex("16fefd0000000000000000003601000002a000000000000002afefd".ljust(120, "0"))
STUN_REQUEST = bytes.fromhex("000100142112a442") + b"petcam-siege" + bytes.fromhex("00060009") + b"abcd:efgh\0\0\0"


@dataclass
class Target:
    hosts: list[str]  # of the board
    sources: list[str]  # addresses of the attacker
    web: int
    streamer: int
    tls: int
    udp: int
    viewer: str  # the cookie of a viewer who is logged in by HTTP
    recordings: list[str]  # their names

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Attack:
    """What the attacks share. ``seen`` counts what happened."""

    def __init__(self, target: Target) -> None:
        self.target, self.seen = target, Counter[str]()
        self._turns = itertools.count()

    def address(self) -> tuple[str, str]:
        """A host of the board and an address of the attacker in the same family, the next ones each time."""
        turn = next(self._turns)
        host = self.target.hosts[turn % len(self.target.hosts)]
        same_family = [source for source in self.target.sources if (":" in source) == (":" in host)]
        return host, same_family[turn // len(self.target.hosts) % len(same_family)]

    @asynccontextmanager
    async def connection(self, port: int, receive_buffer: int = 0) -> AsyncIterator[tuple[Reader, Writer]]:
        """From the next address; over TLS where the port is that of HTTPS."""
        host, source = self.address()
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        context = ssl._create_unverified_context() if port == self.target.tls else None
        name = host if context else None
        try:
            sock.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(sock, (host, port))
        except BaseException:
            sock.close()
            raise
        # From here on the socket is the transport's, which also closes it where the handshake fails.
        reader, writer = await asyncio.open_connection(sock=sock, ssl=context, server_hostname=name, limit=4096)
        self.seen["connections"] += 1
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def hold(self, port: int, data: bytes, trickle: bytes = b"", receive_buffer: int = 0) -> None:
        """Send ``data``, then ``trickle`` each second, and read nothing until the connection is closed."""
        async with self.connection(port, receive_buffer) as (_, writer):
            for begin in range(0, len(data), 65536):
                writer.write(data[begin : begin + 65536])
                await writer.drain()
            while not writer.is_closing():
                await asyncio.sleep(1)
                writer.write(trickle)
                await writer.drain()

    async def ask(self, port: int, request: bytes) -> bytes:
        """The first bytes of the answer; counts its status."""
        async with self.connection(port) as (reader, writer):
            writer.write(request)
            answer = await reader.read(4096)
            self.seen[answer[9:12].decode(errors="replace") or "no answer"] += 1
            return answer

    async def for_ever(self, once: Callable[[], Awaitable[object]], pause: float = RETRY_SECONDS) -> None:
        while True:
            with suppress(OSError, EOFError, asyncio.TimeoutError):
                await asyncio.wait_for(once(), TIMEOUT_SECONDS)
            await asyncio.sleep(pause)

    async def together(self, *groups: tuple[int, Callable[[], Awaitable[object]]]) -> None:
        await asyncio.gather(*(self.for_ever(once) for count, once in groups for _ in range(count)))

    def get(self, path: str, *headers: str, method: str = "GET") -> bytes:
        head = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        return ("\r\n".join(head) + "\r\n\r\n").encode()

    def watching(self, path: str) -> bytes:
        """The viewer's GET."""
        return self.get(path, f"Cookie: {self.target.viewer}")


async def never_read(attack: Attack) -> None:
    """Row 1: pipelined requests whose answers are not read."""
    target = attack.target
    static = attack.get("/static/petcam.css") * PIPELINED_REQUESTS
    health = attack.get("/health") * PIPELINED_REQUESTS
    for_ports = ((target.web, static), (target.tls, static), (target.streamer, health))
    await attack.together(
        *((PIPELINED_CONNECTIONS, lambda p=port, d=data: attack.hold(p, d, b"", 4096)) for port, data in for_ports)
    )


async def held_bodies(attack: Attack) -> None:
    """Row 2: bodies of a login that never end, in sum more than the service may have."""
    target = attack.target

    def login(size: int) -> bytes:
        return f"POST /login HTTP/1.1\r\nHost: localhost\r\n{FORM}Content-Length: {size}\r\n\r\n".encode() + bytes(
            size - 1
        )

    large, small = login(LARGE_BODY), login(SMALL_BODY)
    await attack.together(
        (HELD_BODIES, lambda: attack.hold(target.web, large)),
        (SMALL_BODY_COUNT, lambda: attack.hold(target.web, small)),
        (SMALL_BODY_COUNT // 4, lambda: attack.hold(target.tls, small)),
        (SMALL_BODY_COUNT // 4, lambda: attack.hold(target.streamer, small.replace(b"/login", b"/whep"))),
    )


async def slow(attack: Attack) -> None:
    """Connections that never finish their request, silent ones among them, and ones with ever more headers."""
    head, target = b"GET / HTTP/1.1\r\nHost: localhost\r\n", attack.target
    large = head + b"X-More: 0123456789\r\n" * (LARGE_HEADERS // 20)
    ports = (target.web, target.streamer, target.tls)
    await attack.together(
        *((SLOW_CONNECTIONS, lambda p=port: attack.hold(p, head, b"X-More: 1\r\n")) for port in ports),
        *((SLOW_CONNECTIONS // 4, lambda p=port: attack.hold(p, large, b"X-More: 1\r\n")) for port in ports),
        (SLOW_CONNECTIONS, lambda: silent_handshake(attack)),
    )


async def silent_handshake(attack: Attack) -> None:
    """A connection to the port of HTTPS on which no handshake begins."""
    host, source = attack.address()
    reader, writer = await asyncio.open_connection(host, attack.target.tls, local_addr=(source, 0))
    try:
        await reader.read()
    finally:
        writer.transport.abort()


async def passwords(attack: Attack) -> None:
    async def guess() -> None:
        body = f"password=guess+{random.random()}"
        port = random.choice((attack.target.web, attack.target.tls))
        head = attack.get("/login", FORM.strip(), f"Content-Length: {len(body)}", method="POST")
        await attack.ask(port, head + body.encode())

    await attack.together((REPEATING, guess))


async def offers(attack: Attack) -> None:
    """Without a token, and with tokens of the viewer."""

    def offer(*headers: str) -> bytes:
        body = json.dumps({"type": "offer", "sdp": SDP})
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
        return attack.get("/api/webrtc/offer", kind, *headers, method="POST") + body.encode()

    async def with_token() -> None:
        answer = await attack.ask(attack.target.web, attack.watching("/api/webrtc/config"))
        token = json.loads(answer.partition(b"\r\n\r\n")[2] or b"{}").get("token")
        await attack.ask(attack.target.streamer, offer(f"Authorization: Bearer {token}"))

    await attack.together(
        (REPEATING, lambda: attack.ask(attack.target.streamer, offer())), (REPEATING // 2, with_token)
    )


async def mjpeg(attack: Attack) -> None:
    """Row 5: boxed views of many sizes, half of them never read."""
    sizes = itertools.cycle(range(320, 1920, 80))

    async def watch() -> None:
        request = attack.watching(f"/stream.mjpg?boxes=1&fps=30&width={next(sizes)}")
        async with attack.connection(attack.target.web) as (reader, writer):
            writer.write(request)
            attack.seen[(await reader.read(64))[9:12].decode()] += 1
            while await reader.read(65536):
                pass

    def ignore() -> Awaitable[None]:
        request = attack.watching(f"/stream.mjpg?boxes=1&fps=30&width={next(sizes)}")
        return attack.hold(attack.target.web, request, b"", 4096)

    await attack.together((MJPEG_CLIENTS // 2, watch), (MJPEG_CLIENTS // 2, ignore))


async def pictures(attack: Attack) -> None:
    """Snapshots and thumbnails of many sizes and recordings."""

    def snapshot() -> Awaitable[object]:
        path = f"/snapshot.jpg?boxes=1&width={random.randrange(16, 3840)}"
        return attack.ask(attack.target.web, attack.watching(path))

    def thumbnail() -> Awaitable[object]:
        path = f"/api/recordings/{random.choice(attack.target.recordings)}/thumbnail.jpg"
        return attack.ask(attack.target.web, attack.watching(path))

    await attack.together((REPEATING, snapshot), (REPEATING, thumbnail))


async def streams(attack: Attack) -> None:
    """Row 9: event streams and recordings, none of which is read."""
    web = attack.target.web

    def play() -> Awaitable[None]:
        path = f"/api/recordings/{random.choice(attack.target.recordings)}"
        return attack.hold(web, attack.watching(path), b"", 4096)

    events = attack.watching("/api/detections/stream")
    await attack.together((EVENT_CLIENTS, lambda: attack.hold(web, events, b"", 4096)), (PLAYERS, play))


async def odd_requests(attack: Attack) -> None:
    """Row 10: what fills the log."""
    target = attack.target
    every = itertools.cycle(itertools.product(ODD_REQUESTS, (target.web, target.streamer, target.tls)))

    async def send() -> None:
        request, port = next(every)
        await asyncio.wait_for(attack.ask(port, request), ODD_SECONDS)

    await asyncio.gather(*(attack.for_ever(send, 0.005) for _ in range(4 * REPEATING)))


async def packets(attack: Attack) -> None:
    """What comes to the port of the media and belongs to no viewer."""
    kinds = (lambda: STUN_REQUEST, lambda: random.randbytes(200), lambda: DTLS_HELLO)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(_datagram_socket(*attack.address()))) for _ in range(16)]
        for turn in itertools.count():
            sock, host = sockets[turn % len(sockets)], attack.target.hosts[turn % len(attack.target.hosts)]
            for _ in range(BURST):
                with suppress(OSError):
                    sock.sendto(kinds[turn % 3](), (host, attack.target.udp))
                    attack.seen["packets"] += 1
            await asyncio.sleep(BURST / PACKETS_A_SECOND / 3)


def _datagram_socket(host: str, source: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((source, 0))
    return sock


KINDS = {
    attack.__name__: attack
    for attack in (
        *(never_read, held_bodies, slow, passwords, offers, mjpeg, pictures, streams, odd_requests, packets),
    )
}


async def run(kind: str, target: Target, seconds: float) -> None:
    attack = Attack(target)
    await asyncio.wait([asyncio.ensure_future(KINDS[kind](attack))], timeout=seconds)
    print(json.dumps(attack.seen), flush=True)
    os._exit(0)  # hundreds of connections end with the process, at once


def main() -> None:
    asyncio.run(run(sys.argv[1], Target(**json.load(sys.stdin)), float(sys.argv[2])))


if __name__ == "__main__":
    main()
