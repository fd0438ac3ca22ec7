"""The hellos, to real services and to peers that answer wrongly, slowly or not at all."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from pytest_prodready.facts import Service
from pytest_prodready.probes.services import greet
from tests import services

KINDS = ("postgresql", "mysql", "redis", "amqp", "smtp", "memcached", "http")
SILENT = 0.3


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A peer on the loopback interface; gives its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            answer(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def service(kind: str, port: int, host: str = "127.0.0.1", *, tls: bool = False) -> Service:
    return Service(kind, "a service", host, port, "SETTING", tls)


def problem(one: Service, seconds: float = 5.0) -> tuple[str, str]:
    (hello,) = greet([one], seconds)
    assert hello.service == one
    return hello.problem, hello.detail


@pytest.mark.parametrize("name, kind", [("redis", "redis"), ("rabbitmq", "amqp")])
def test_real_brokers(name: str, kind: str) -> None:
    parts = urlsplit(services.url(name))
    assert problem(service(kind, parts.port or 0, parts.hostname or "")) == ("", "")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_real_databases(kind: str, request: pytest.FixtureRequest) -> None:
    fixture = {"postgresql": "postgres_server", "mysql": "mariadb_server"}[kind]
    parts = urlsplit(request.getfixturevalue(fixture))
    if not parts.hostname:
        pytest.skip("the server of these tests listens on no address")
    usual = {"postgresql": 5432, "mysql": 3306}[kind]
    assert problem(service(kind, parts.port or usual, parts.hostname)) == ("", "")


def mail(heard: list[bytes]) -> Callable[[socket.socket], None]:
    """What a mail server says, as RFC 5321 has it."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.test ESMTP\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                heard.append(line)
                if line.upper().startswith(b"QUIT"):
                    connection.sendall(b"221 bye\r\n")
                    return
                connection.sendall(b"250-mail.test\r\n250 AUTH PLAIN\r\n")

    return answer


def test_mail_server() -> None:
    """It is greeted, and no mail and no login is begun."""
    heard: list[bytes] = []
    with listening(mail(heard)) as port:
        assert problem(service("smtp", port)) == ("", "")
    assert heard[0] == b"EHLO localhost\r\n"
    assert {line.split()[0] for line in heard} <= {b"EHLO", b"QUIT"}


@pytest.mark.parametrize(
    "kind, said",
    [
        ("redis", b"-NOAUTH Authentication required.\r\n"),
        ("http", b"HTTP/1.1 503 Service Unavailable\r\n\r\n"),
        ("memcached", b"VERSION 1.6.21\r\n"),
        ("amqp", b"AMQP\x00\x00\x09\x01"),
        ("smtp", b"554 no service for you\r\n"),
        ("mysql", b"\x17\x00\x00\x00\xff\x10\x04Too many connections"),
        ("tcp", b""),
    ],
)
def test_refusals_are_answers(kind: str, said: bytes) -> None:
    """Who asks for a login, or is busy, is there."""
    with listening(lambda connection: connection.sendall(said)) as port:
        assert problem(service(kind, port)) == ("", "")


@pytest.mark.parametrize("kind", KINDS)
def test_another_protocol(kind: str) -> None:
    with listening(lambda connection: connection.sendall(b"hello, stranger\r\n")) as port:
        found = problem(service(kind, port))
    assert found[0] == "stranger"
    assert found[1].startswith("what listens there answers as no ")


@pytest.mark.parametrize("kind", KINDS)
def test_who_hangs_up(kind: str) -> None:
    with listening(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port:
        assert problem(service(kind, port))[0] in ("stranger", "network")


@pytest.mark.parametrize("kind", KINDS)
def test_who_never_answers(kind: str) -> None:
    """The limit ends it."""
    done = threading.Event()
    with listening(lambda _: done.wait(60)) as port:
        found = problem(service(kind, port), SILENT)
        done.set()
    assert found == ("slow", "it gave no answer within 0.3 s")


def test_who_answers_drop_by_drop() -> None:
    """A byte now and then does not prolong it."""
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            while not done.wait(0.02):
                connection.sendall(b".")
        except OSError:
            return

    with listening(drip) as port:
        found = problem(service("smtp", port), SILENT)
        done.set()
    assert found[0] == "slow"


def test_who_floods() -> None:
    def flood(connection: socket.socket) -> None:
        try:
            for _ in range(100):
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    with listening(flood) as port:
        assert problem(service("smtp", port))[0] in ("stranger", "network")


def test_nothing_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # taken, and nobody listens
        found = problem(service("smtp", held.getsockname()[1]))
    assert found[0] == "closed"
    assert "Connection refused" in found[1]


def test_an_unknown_host() -> None:
    # reserved by RFC 2606: it never exists
    assert problem(service("smtp", 25, "mail.invalid"))[0] in ("host", "slow")


def test_no_tls_where_it_is_wanted() -> None:
    with listening(lambda connection: connection.sendall(b"220 plain\r\n")) as port:
        assert problem(service("smtp", port, tls=True))[0] == "tls"


def test_many_side_by_side() -> None:
    """One that hangs does not keep the others; each has its answer in the order of the question."""
    done = threading.Event()
    with (
        listening(lambda _: done.wait(60)) as hanging,
        listening(lambda connection: connection.sendall(b"+PONG\r\n")) as good,
    ):
        asked = [service("redis", port) for port in [hanging, good] * 12]
        began = time.monotonic()
        found = greet(asked, SILENT)
        done.set()
    assert [hello.problem for hello in found] == ["slow", ""] * 12
    assert [hello.service for hello in found] == asked
    assert time.monotonic() - began < 60  # the peers' own patience
