"""Serves a disk on a Unix socket by the network block device protocol, fixed newstyle, to one client at a time.

https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md. Of it there is what qemu needs: the options "go",
"info" and "export name", simple replies, reads, writes, flushes and "force unit access". Numbers are big-endian.
"""

import errno
import socket
import struct
import threading
from pathlib import Path

from tests.power.forgetful_disk import BLOCK_BYTES, ForgetfulDisk, PowerOff

GREETING = b"NBDMAGIC" + b"IHAVEOPT"
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
OPTION_MAGIC, OPTION_REPLY_MAGIC = 0x49484156454F5054, 0x3E889045565A9
EXPORT_NAME, ABORT, INFO, GO = 1, 2, 6, 7
ACK, REPLY_INFO, UNSUPPORTED = 1, 3, 0x80000001
INFO_EXPORT, INFO_BLOCK_SIZE = 0, 3
HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
REQUEST_MAGIC, REPLY_MAGIC = 0x25609513, 0x67446698
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FORCE_UNIT_ACCESS = 1
LONGEST = 32 << 20  # bytes of one request

FLAGS = HAS_FLAGS | SEND_FLUSH | SEND_FUA


class BlockServer:
    """One thread serves; :meth:`close` ends it."""

    def __init__(self, disk: ForgetfulDisk, path: Path) -> None:
        self._disk = disk
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="block server")
        self._thread.start()

    def close(self) -> None:
        for each in (self._listener, self._client):
            if each is not None:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended already
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            with self._client:
                try:
                    if self._negotiate(self._client):
                        self._transmit(self._client)
                except (EOFError, ConnectionError):
                    pass  # the client is gone
            self._client = None

    def _negotiate(self, client: socket.socket) -> bool:
        client.sendall(GREETING + struct.pack(">H", FIXED_NEWSTYLE | NO_ZEROES))
        without_zeroes = struct.unpack(">I", _received(client, 4))[0] & NO_ZEROES
        while True:
            _, option, length = struct.unpack(">QII", _received(client, 16))
            _received(client, length)
            if option == EXPORT_NAME:
                client.sendall(struct.pack(">QH", self._disk.size, FLAGS) + (b"" if without_zeroes else bytes(124)))
                return True
            if option in (GO, INFO):
                self._describe(client, option)
                if option == GO:
                    return True
                continue
            _reply(client, option, ACK if option == ABORT else UNSUPPORTED)
            if option == ABORT:
                return False

    def _describe(self, client: socket.socket, option: int) -> None:
        _reply(client, option, REPLY_INFO, struct.pack(">HQH", INFO_EXPORT, self._disk.size, FLAGS))
        sizes = struct.pack(">HIII", INFO_BLOCK_SIZE, BLOCK_BYTES, BLOCK_BYTES, LONGEST)
        _reply(client, option, REPLY_INFO, sizes)
        _reply(client, option, ACK)

    def _transmit(self, client: socket.socket) -> None:
        while True:
            _, flags, command, handle, offset, length = struct.unpack(">IHHQQI", _received(client, 28))
            if command == DISCONNECT:
                return
            data = _received(client, length) if command == WRITE else b""
            try:
                error, answer = self._execute(command, flags, offset, length, data)
            except PowerOff:
                while client.recv(LONGEST):
                    pass  # as a disk without power: neither an answer nor an error
                return
            client.sendall(struct.pack(">IIQ", REPLY_MAGIC, error, handle) + answer)

    def _execute(self, command: int, flags: int, offset: int, length: int, data: bytes) -> tuple[int, bytes]:
        if offset + length > self._disk.size or length > LONGEST:
            return errno.EINVAL, b""
        if command == READ:
            return 0, self._disk.read(offset, length)
        if command == WRITE:
            self._disk.write(offset, data, durable=bool(flags & FORCE_UNIT_ACCESS))
            return 0, b""
        if command == FLUSH:
            self._disk.flush()
            return 0, b""
        return errno.EINVAL, b""


def _received(client: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = client.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _reply(client: socket.socket, option: int, kind: int, data: bytes = b"") -> None:
    client.sendall(struct.pack(">QIII", OPTION_REPLY_MAGIC, option, kind, len(data)) + data)
