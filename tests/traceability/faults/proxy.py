"""A PostgreSQL connection on which the answer to COMMIT gets lost: the commit is durable, its submitter cannot know."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_COMMIT = b"COMMIT\0"


class LossyProxy:
    """Passes everything between clients and the server. When `loses(number)` says so of the number-th COMMIT (from 0) it
    goes to the server, and once the server has confirmed it, both ends are closed instead of answering. `lost` counts
    the confirmations that nobody got."""

    def __init__(self, server: tuple[str, int], loses: Callable[[int], bool]) -> None:
        self._server, self._loses = server, loses
        self._commits, self.lost, self._lock = 0, 0, threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        _thread(self._accept)

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(self._server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                losing = threading.Event()
                _thread(self._ask, client, server, losing)
                _thread(self._answer, server, client, losing)

    def _ask(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError):
            for kind, body, message in _messages(client, startup=True):
                if kind == b"Q" and body == _COMMIT and self._next_is_lost():
                    losing.set()  # before the server can answer
                server.sendall(message)
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError), client, server:
            for kind, body, message in _messages(server):
                if not losing.is_set():
                    client.sendall(message)
                elif kind == b"C" and body == _COMMIT:
                    with self._lock:
                        self.lost += 1
                    client.shutdown(socket.SHUT_RDWR)
                    server.shutdown(socket.SHUT_RDWR)
                    return

    def _next_is_lost(self) -> bool:
        with self._lock:
            number, self._commits = self._commits, self._commits + 1
            return self._loses(number)


def _thread(work: Callable, *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _messages(connection: socket.socket, *, startup: bool = False) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(kind, body, all bytes) of each message; the first one of a client has no kind. Ends with the connection."""
    with connection.makefile("rb") as stream:
        while True:
            kind = b"" if startup else stream.read(1)
            length = stream.read(4)
            if len(length) < 4:
                return
            body = stream.read(int.from_bytes(length, "big") - 4)
            startup = False
            yield kind, body, kind + length + body


@contextmanager
def lossy(server: tuple[str, int], loses: Callable[[int], bool]) -> Iterator[LossyProxy]:
    """A proxy for the block."""
    proxy = LossyProxy(server, loses)
    try:
        yield proxy
    finally:
        proxy.close()
