"""An attacker for the subject ``under_attack``, in a process of its own: ``python -m bench.attacker KIND HOST PORT``.

``passwords`` guesses 5,000 passwords, each from an address of its own. ``slow`` and ``slow-tls`` hold 500 connections
that never finish their request, until they are killed. ``offers`` makes 1,000 offers with tokens of the session whose
cookie comes on stdin, ``strangers`` as many without a token. They print how many answers of each status they got.
"""

import asyncio
import http.client
import json
import ssl
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

PASSWORD_COUNT, CONNECTION_COUNT, OFFER_COUNT = 5000, 500, 1000
CONCURRENT_REQUESTS = 16
SDP = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:0
a=recvonly
a=rtcp-mux
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=rtpmap:96 H264/90000
a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
""".replace("\n", "\r\n").format(fingerprint=":".join(["AB"] * 32))


def passwords(host: str, port: int) -> Counter[int]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def guess(number: int) -> int:
        source = f"127.{number % 200 + 1}.{number // 200}.7"
        return post(host, port, "/login", f"password=guess+{number}", form, source)

    return run_concurrently(guess, PASSWORD_COUNT)


def offers_without_token(host: str, port: int) -> Counter[int]:
    body = json.dumps({"type": "offer", "sdp": SDP})
    headers = {"Content-Type": "application/json"}
    return run_concurrently(lambda _: post(host, port, "/api/webrtc/offer", body, headers), OFFER_COUNT)


def offers(host: str, port: int) -> Counter[int]:
    """Offers through petcam-web; the streamer limits these together, not by address."""
    cookie, body = sys.stdin.readline().strip(), json.dumps({"type": "offer", "sdp": SDP})

    def offer(_: int) -> int:
        connection = http.client.HTTPConnection(host, port, timeout=30)
        connection.request("GET", "/api/webrtc/config", headers={"Cookie": cookie})
        token = json.load(connection.getresponse())["token"]
        connection.close()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Cookie": cookie}
        return post(host, port, "/api/webrtc/offer", body, headers)

    return run_concurrently(offer, OFFER_COUNT)


def post(host: str, port: int, path: str, body: str, headers: dict[str, str], source: str = "") -> int:
    """The status of the answer; 0: no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=30, source_address=(source, 0) if source else None)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def run_concurrently(call: Callable[[int], int], count: int) -> Counter[int]:
    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as callers:
        return Counter(callers.map(call, range(count)))


async def slow_connections(host: str, port: int, tls: bool) -> None:
    await asyncio.gather(*(_hold_connection(host, port, tls) for _ in range(CONNECTION_COUNT)))


async def _hold_connection(host: str, port: int, tls: bool) -> None:
    """Send one header a second; open a new connection whenever one is closed."""
    context = ssl._create_unverified_context() if tls else None
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            closed = asyncio.ensure_future(reader.read())
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            while not closed.done():
                writer.write(b"X-More: 1\r\n")
                await asyncio.wait([closed], timeout=1)
            closed.exception()
            writer.close()
        await asyncio.sleep(0.1)


def main() -> None:
    kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if kind in ("slow", "slow-tls"):
        asyncio.run(slow_connections(host, port, kind == "slow-tls"))
    else:
        attack = {"passwords": passwords, "strangers": offers_without_token, "offers": offers}[kind]
        print(json.dumps(attack(host, port)))


if __name__ == "__main__":
    main()
