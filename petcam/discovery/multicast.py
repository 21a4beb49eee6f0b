"""Questions to everybody in a network, and the answers of those who are in it."""

import selectors
import socket
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from petcam.discovery.networks import Network

HOPS = 1  # no router hands it on
MAX_DATAGRAM = 9000  # bytes; mDNS's largest (RFC 6762, 17)
MAX_ANSWERS = 256  # of all
MAX_ANSWERS_EACH = 8  # of one address, so that one device cannot crowd out the others


@dataclass(frozen=True)
class Question:
    data: bytes
    group: str  # IPv4
    port: int


@dataclass(frozen=True)
class Answer:
    question: Question
    address: str
    data: bytes


def ask(questions: list[Question], networks: list[Network], seconds: float) -> list[Answer]:
    """What came within so many seconds, from addresses of the network that was asked; the rest is not looked at."""
    answers: list[Answer] = []
    each: Counter[str] = Counter()
    with ExitStack() as stack:
        waiting = stack.enter_context(selectors.DefaultSelector())
        for network in networks:
            for question in questions:
                asked = _asked(question, network)
                if asked is not None:
                    waiting.register(stack.enter_context(asked), selectors.EVENT_READ, (question, network))
        deadline = time.monotonic() + seconds
        while waiting.get_map() and len(answers) < MAX_ANSWERS and (left := deadline - time.monotonic()) > 0:
            for ready, _ in waiting.select(left):
                question, network = ready.data
                data, address = _received(ready.fileobj)
                each[address] += 1
                if data and address in network and each[address] <= MAX_ANSWERS_EACH:
                    answers.append(Answer(question, address, data))
    return answers


def _asked(question: Question, network: Network) -> socket.socket | None:
    """A socket on which the answers come; None where the network does not take the question, as one that is down."""
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        asked.bind((network.own, 0))
        asked.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(network.own))
        asked.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
        asked.sendto(question.data, (question.group, question.port))
        return asked
    except OSError:
        asked.close()
        return None


def _received(asked: object) -> tuple[bytes, str]:
    assert isinstance(asked, socket.socket)
    try:
        data, (address, _) = asked.recvfrom(MAX_DATAGRAM)
        return data, str(address)
    except OSError:
        return b"", ""
