"""Says hello to services, each in its own protocol and within a limit; no login is sent."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from pytest_prodready.facts import Hello, Service

ENOUGH = 4096
"""Bytes of an answer that are looked at."""
SIDE_BY_SIDE = 16
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""PostgreSQL, "Message Formats": asks whether TLS is spoken, before anything is said of a user."""
GRACE = 0.5


class StrangerError(Exception):
    """What answers does not speak the protocol; ``str()`` says what it did instead."""


def greet(services: Iterable[Service], seconds: float) -> tuple[Hello, ...]:
    """Greet each service, several side by side.

    Args:
        services: where to go.
        seconds: for looking up the name, connecting and hearing the answer of one.
    """
    wanted = list(services)
    found: dict[int, Hello] = {}
    gate = threading.Semaphore(SIDE_BY_SIDE)

    def one(at: int) -> None:
        with gate:
            found[at] = _greet(wanted[at], seconds)

    threads = [threading.Thread(target=one, args=(at,), daemon=True) for at in range(len(wanted))]
    for thread in threads:
        thread.start()
    rounds = (len(wanted) + SIDE_BY_SIDE - 1) // SIDE_BY_SIDE
    until = time.monotonic() + rounds * (seconds + GRACE)
    for thread in threads:  # the lookup of a name has no limit of its own
        thread.join(max(0.0, until - time.monotonic()))
    late = f"it gave no answer within {seconds:g} s"
    return tuple(found.get(at) or Hello(service, "slow", late) for at, service in enumerate(wanted))


def _greet(service: Service, seconds: float) -> Hello:
    until = time.monotonic() + seconds
    try:
        with _connected(service, until) as connection:
            _HELLOS[service.kind](_Peer(connection, until), service)
    except StrangerError as error:
        return Hello(service, "stranger", str(error))
    except socket.gaierror:
        return Hello(service, "host", "the name of its host is not known")
    except ConnectionRefusedError as error:
        return Hello(service, "closed", f"nothing listens there ([Errno {error.errno}] Connection refused)")
    except ssl.SSLError:
        return Hello(service, "tls", "what listens there does not speak TLS")
    except TimeoutError:
        return Hello(service, "slow", f"it gave no answer within {seconds:g} s")
    except OSError as error:
        return Hello(service, "network", (error.strerror or type(error).__name__).lower())
    return Hello(service)


def _connected(service: Service, until: float) -> socket.socket:
    plain = socket.create_connection((service.host, service.port), timeout=_left(until))
    if not service.tls:
        return plain
    try:
        # whether the certificate is good is not the question; nothing secret is said
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain.settimeout(_left(until))
        return context.wrap_socket(plain, server_hostname=service.host)
    except BaseException:
        plain.close()
        raise


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Peer:
    """The other side; a slow one gets no more time for answering byte by byte."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self.connection, self.until = connection, until

    def say(self, data: bytes) -> None:
        self.connection.settimeout(_left(self.until))
        self.connection.sendall(data)

    def hear(self, done: Callable[[bytes], bool]) -> bytes:
        """What it says, until that is enough or it closes the connection."""
        heard = b""
        while not done(heard) and len(heard) < ENOUGH:
            self.connection.settimeout(_left(self.until))
            data = self.connection.recv(ENOUGH)
            if not data:
                break
            heard += data
        return heard


def _line(heard: bytes) -> bool:
    return b"\n" in heard


def _expect(right: bool, heard: bytes, product: str) -> None:
    if not right:
        did = "answers as no" if heard else "closes the connection as no"
        raise StrangerError(f"what listens there {did} {product} does")


def _postgresql(peer: _Peer, _: Service) -> None:
    peer.say(SSL_REQUEST)
    heard = peer.hear(bool)
    _expect(heard[:1] in (b"S", b"N", b"E"), heard, "PostgreSQL")


def _mysql(peer: _Peer, _: Service) -> None:
    heard = peer.hear(lambda data: len(data) >= 5)
    # the greeting of protocol 10, or an error such as "too many connections"
    _expect(len(heard) >= 5 and heard[4] in (10, 0xFF), heard, "MySQL")


def _redis(peer: _Peer, _: Service) -> None:
    peer.say(b"PING\r\n")
    heard = peer.hear(_line)
    _expect(
        heard.startswith((b"+PONG", b"-NOAUTH", b"-ERR", b"-LOADING", b"-DENIED", b"-NOPERM")), heard, "Redis"
    )


def _amqp(peer: _Peer, _: Service) -> None:
    peer.say(b"AMQP\x00\x00\x09\x01")
    heard = peer.hear(lambda data: len(data) >= 8)
    _expect(heard.startswith((b"AMQP", b"\x01\x00\x00")), heard, "AMQP broker")


def _smtp(peer: _Peer, _: Service) -> None:
    heard = peer.hear(_line)
    _expect(heard.startswith((b"220", b"421", b"554")), heard, "mail server")
    if heard.startswith(b"220"):
        peer.say(b"EHLO localhost\r\n")
        answer = peer.hear(_line)
        _expect(answer[:1] in (b"2", b"4", b"5"), answer, "mail server")
        with suppress(OSError):
            peer.say(b"QUIT\r\n")


def _memcached(peer: _Peer, _: Service) -> None:
    peer.say(b"version\r\n")
    heard = peer.hear(_line)
    _expect(heard.startswith((b"VERSION", b"ERROR", b"CLIENT_ERROR")), heard, "memcached")


def _http(peer: _Peer, service: Service) -> None:
    host = f"[{service.host}]" if ":" in service.host else service.host
    peer.say(
        f"HEAD / HTTP/1.1\r\nHost: {host}:{service.port}\r\nConnection: close\r\n\r\n".encode(
            "ascii", "replace"
        )
    )
    heard = peer.hear(lambda data: len(data) >= 5)
    _expect(heard.startswith(b"HTTP/"), heard, "HTTP server")


def _tcp(_: _Peer, __: Service) -> None:
    """That it accepts a connection is all that is asked."""


_HELLOS: dict[str, Callable[[_Peer, Service], None]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "redis": _redis,
    "amqp": _amqp,
    "smtp": _smtp,
    "memcached": _memcached,
    "http": _http,
    "tcp": _tcp,
}
