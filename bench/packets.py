"""What an IPv4 packet of a page's first seconds is: connections, requests, ICE, DTLS, media."""

DTLS_TYPES = {20: "cipher change", 21: "alert", 22: "handshake", 23: "data"}
HANDSHAKES = {1: "ClientHello", 2: "ServerHello", 3: "HelloVerify", 11: "Certificate", 14: "ServerHelloDone"}
STUN_CLASSES = {0x0001: "ICE check", 0x0101: "ICE answer", 0x0111: "ICE error", 0x0011: "ICE keepalive"}
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10


def describe(packet: bytes) -> dict[str, object] | None:
    """``kind``, ``bytes`` of payload, and ``flow`` (both ports, the lower first); None where it is not TCP or UDP."""
    if len(packet) < 28 or packet[0] >> 4 != 4:
        return None
    begin = 4 * (packet[0] & 15)
    ports = sorted(int.from_bytes(packet[begin + at : begin + at + 2], "big") for at in (0, 2))
    match packet[9]:
        case 6:
            payload = packet[begin + 4 * (packet[begin + 12] >> 4) :]
            kind = _tcp(packet[begin + 13], payload)
        case 17:
            payload = packet[begin + 8 :]
            kind = _udp(payload)
        case _:
            return None
    return {"kind": kind, "bytes": len(payload), "flow": ports}


def _tcp(flags: int, payload: bytes) -> str:
    if flags & SYN:
        return "SYN ACK" if flags & ACK else "SYN"
    if flags & (FIN | RST):
        return "TCP end"
    first = payload.split(b"\r\n", 1)[0][:100]
    if b"HTTP/1." in first:
        return first.decode("ascii", "replace").removesuffix(" HTTP/1.1")
    return "TCP data" if payload else "TCP ack"


def _udp(payload: bytes) -> str:
    if not payload:
        return "UDP"
    if payload[0] < 4:
        return STUN_CLASSES.get(int.from_bytes(payload[:2], "big"), "STUN")
    if payload[0] in DTLS_TYPES:
        name = DTLS_TYPES[payload[0]]
        return f"DTLS {HANDSHAKES.get(payload[13], name) if payload[0] == 22 and len(payload) > 13 else name}"
    if 128 <= payload[0] < 192 and len(payload) > 1:
        return "RTCP" if 192 <= payload[1] < 224 else "RTP"
    return "UDP"
