"""A TCP server on loopback with a thread for each connection, all of which end with it."""

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

TIMEOUT_SECONDS = 30.0  # for whatever must come


class Server(ABC):
    """A context manager. ``changed`` is notified of all that tests may wait for, and guards it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.changed = threading.Condition()
        self.stop = threading.Event()
        self._clients: list[socket.socket] = []  # guarded by `changed`
        self._threads = [threading.Thread(target=self._accept, name="zoo listener")]

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Until the client goes; in a thread of its own. Raises ``OSError`` where it is gone."""

    def __enter__(self) -> "Server":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # from here on nobody is added
        self.hang_up()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def hang_up(self) -> None:
        """Close all connections."""
        with self.changed:
            clients = [*self._clients]
        for client in clients:
            shut(client)

    def wait_for(self, is_so: Callable[[], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(is_so, TIMEOUT_SECONDS), "it did not come to that"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # it was shut down
            thread = threading.Thread(target=self._serve, args=(client,), name="zoo connection")
            with self.changed:
                self._clients.append(client)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.serve(client)
            except OSError:
                pass  # the client has gone, or has to go
            finally:
                with self.changed:
                    self._clients.remove(client)


def shut(client: socket.socket) -> None:
    """End a connection in such a way that whoever reads from it, or writes to it, learns of it."""
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was gone already
