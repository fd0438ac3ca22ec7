"""Servers made of bare sockets, polite and hostile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Talk = Callable[[socket.socket, str, threading.Event], None]


@contextmanager
def served(talk: Talk) -> Iterator[str]:
    """A server whose every connection is handled by ``talk(connection, head of the request, the end)``."""
    end = threading.Event()

    def handle(connection: socket.socket) -> None:
        with connection:
            head = b""
            try:
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                talk(connection, head.decode(), end)
            except OSError:
                pass  # the client has left

    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as threads:

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                if end.is_set():
                    connection.close()
                    return
                thread = threading.Thread(target=handle, args=(connection,))
                thread.start()
                threads.callback(thread.join)

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            end.set()
            socket.create_connection(listener.getsockname()).close()
            accepting.join()


def says(body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = "") -> Talk:
    """Answers every request alike."""

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        length = f"Content-Length: {len(body)}\r\n"
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{more}\r\n".encode() + body)

    return talk
