"""One connection to a broker, from its opening to its loss."""

import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.home_assistant.broker import Broker
from petcam.home_assistant.outbox import Message
from petcam.home_assistant.paho import MAX_PACKET, new_client, refusal

KEEPALIVE = 20  # seconds; paho also waits so long for a TLS handshake
MAX_SILENCE = 10.0  # seconds until the broker has accepted
MAX_UNACKNOWLEDGED = 30.0  # seconds
MAX_IN_FLIGHT = 16  # messages
MAX_READS = 200  # a second; a broker with more to say waits
ENDS_AT_ONCE = "it ends the connection at once: is it a broker, and the port for this kind of URL?"

Receive = Callable[[str, bytes, bool], None]  # topic, payload, whether it is retained


class Connection:
    """For one thread. Each method may raise ``PORT_UNAVAILABLE`` or ``BAD_CONFIG``, which say what is wrong."""

    def __init__(self, broker: Broker, client_id: str, will: Message, receive: Receive) -> None:
        self._broker = broker
        self._client = client = new_client(client_id)
        self._receive = receive
        self._answer: Any = None  # the broker's to the connection
        self._sent: dict[int, float] = {}  # when messages were that it has not acknowledged, by id
        self._second, self._reads = 0.0, 0
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect, client.on_message, client.on_publish = self._on_connect, self._on_message, self._on_publish

    def open(self) -> None:
        """Returns once the broker has accepted, some 30 s later at worst."""
        broker, client = self._broker, self._client
        if broker.user:
            client.username_pw_set(broker.user, broker.password())
        if broker.is_tls:
            client.tls_set_context(_tls(broker.ca))
        try:
            client.connect(broker.host, broker.port, KEEPALIVE)
        except (OSError, ValueError) as error:
            raise _error(_why(error)) from error
        deadline = time.monotonic() + MAX_SILENCE
        while self._answer is None:
            if time.monotonic() >= deadline:
                raise _error("it accepts connections and says nothing: is it a broker?")
            self.wait(None, deadline - time.monotonic())
        if refused := refusal(self._answer):
            raise _error(refused)

    def subscribe(self, topics: tuple[str, ...]) -> None:
        self._client.subscribe([(topic, 0) for topic in topics])

    @property
    def has_room(self) -> bool:
        return len(self._sent) < MAX_IN_FLIGHT

    @property
    def is_idle(self) -> bool:
        """Whether the broker has all that was sent."""
        return not self._sent

    def send(self, message: Message) -> None:
        info = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        self._sent[info.mid] = time.monotonic()

    def wait(self, wake: int | None, seconds: float) -> None:
        """Read and write what there is to, after waiting for it, or for ``wake``, for so long at most."""
        sock = self._client.socket()
        if sock is None:
            raise self._lost()
        now = time.monotonic()
        may_read = self._may_read(now)
        if not may_read:
            seconds = min(seconds, 0.1)
        # What TLS has decrypted already, poll does not know of.
        pending = may_read and getattr(sock, "pending", int)() > 0
        ready = self._poll(sock, wake, may_read, 0.0 if pending else seconds)
        if may_read and (pending or ready & ~select.POLLOUT):
            self._reads += 1
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        self._check()

    def close(self) -> None:
        """In order: the broker then keeps the last will to itself."""
        self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """May be called twice."""
        client = self._client
        client.on_connect = client.on_message = client.on_publish = None  # else they hold each other, and the socket
        if sock := client.socket():
            sock.close()

    def _poll(self, sock: Any, wake: int | None, may_read: bool, seconds: float) -> int:
        """What of the socket is ready."""
        poll = select.poll()
        wanted = (select.POLLIN if may_read else 0) | (select.POLLOUT if self._client.want_write() else 0)
        if wanted:  # else its end would wake us again and again
            poll.register(sock, wanted)
        if wake is not None:
            poll.register(wake, select.POLLIN)
        return dict(poll.poll(max(seconds, 0.0) * 1000)).get(sock.fileno(), 0)

    def _may_read(self, now: float) -> bool:
        if now - self._second >= 1.0:
            self._second, self._reads = now, 0
        return self._reads < MAX_READS

    def _check(self) -> None:
        if refused := self._answer is not None and refusal(self._answer):
            raise _error(refused)
        if self._client.socket() is None or self._client.is_exceeded:
            raise self._lost()
        # Ids are taken up in the order of sending.
        oldest = next(iter(self._sent.values()), None)
        if oldest is not None and time.monotonic() - oldest > MAX_UNACKNOWLEDGED:
            raise _error("it takes what is sent and does not acknowledge it")

    def _lost(self) -> PetcamError:
        if self._client.is_exceeded:
            return _error(f"somebody sends messages of over {MAX_PACKET >> 10} KiB to petcam's topics there")
        if self._answer is None:
            return _error(ENDS_AT_ONCE)
        return _error("it has ended the connection")

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, *_: Any) -> None:
        self._answer = code

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        self._receive(message.topic, bytes(message.payload), bool(message.retain))

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, *_: Any) -> None:
        self._sent.pop(mid, None)


def _tls(ca: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = (
            "has no certificate" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", "") or str(error)
        )
        raise PetcamError(Code.BAD_CONFIG, f"notify.mqtt_ca, {ca}: {reason}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}): notify.mqtt_ca names that of who signed it"
    if isinstance(error, ssl.SSLError):
        return f"no TLS with it ({error.reason or 'no answer'}): is it the port for mqtts://?"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "its name cannot be resolved"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return ENDS_AT_ONCE
    strerror = getattr(error, "strerror", None)
    return f"it cannot be reached ({strerror or error})"


def _error(why: str) -> PetcamError:
    return PetcamError(Code.PORT_UNAVAILABLE, why)
