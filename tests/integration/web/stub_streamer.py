"""A stub of petcam-streamer that answers with given bytes."""

import socket
import threading

NEVER_ANSWER, CLOSE_CONNECTION = object(), object()


def http_answer(body=b'{"status":"ok"}', status="200 OK", headers=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class StubStreamer:
    """``script`` are its next answers, of which the last is repeated; ``requests`` the request lines that it got."""

    def __init__(self, port=0):
        self.script = [http_answer()]
        self.requests = []
        self.connections = 0
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as reader:
                while self._read_request(reader):
                    answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                    if answer is NEVER_ANSWER:
                        reader.read()  # until the client closes the connection
                        return
                    if answer is CLOSE_CONNECTION:
                        return
                    connection.sendall(answer)
                    if b"Content-Length" not in answer:
                        return
        except (OSError, ValueError):
            pass  # the client has gone

    def _read_request(self, reader):
        first = reader.readline().decode().strip()
        length = 0
        while line := reader.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        reader.read(length)
        if first:
            self.requests.append(first)
        return bool(first)
