"""Answers of real sockets, polite and hostile."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready import codec, probes
from pytest_prodready.facts import Answer, Entry, Expectation, Failure, Health, InspectedEntry
from pytest_prodready.probes.body import BODY_KEPT, decoded
from pytest_prodready.probes.http import ask
from tests.probes.sockets import Talk, says, served
from tests.probes.support import ENVIRON, QUICK, paths, request

READY = Expectation("/ready")


def one(talk: Talk, expectation: Expectation = READY, limits: float = 10.0) -> Answer:
    with served(talk) as url:
        (answer,) = ask(url, (expectation,), replace(QUICK, probe=limits), ENVIRON)
    return answer


def test_a_json_answer() -> None:
    """Status, type, text and value of an answer are facts."""
    answer = one(says(b'{"status": "ready"}'))
    assert answer == Answer(
        "/ready",
        status=200,
        content_type="application/json",
        body='{"status": "ready"}',
        json={"status": "ready"},
    )


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"", "the body is empty"),
        (b"<!doctype html><p>hello", "the body is a page of HTML or XML"),
        (b"OK", "line 1, column 1: expecting value"),
        (b'{"a": 1,}', "line 1, column 8: illegal trailing comma before end of object"),
        (b"\xff\xfe\xfa", "the body is no text"),
        (b"[" * 100_000, "the body holds a number too long, or is nested too deeply, to be read"),
        (b"[" * 60 + b"]" * 60, "the body is nested too deeply to be read"),
        (b"1" * 5000, "the body holds a number too long, or is nested too deeply, to be read"),
    ],
)
def test_a_body_that_is_no_json(body: bytes, reason: str) -> None:
    """A body that cannot be read as JSON has a reason in words."""
    value, said = decoded(body, cut=False)
    assert value is None
    if "trailing comma" not in reason:  # worded by the json module of newer Pythons
        assert said == reason
    assert said


def test_half_a_character_is_replaced() -> None:
    """A lone surrogate, which no report could write, does not get into the facts."""
    value, _ = decoded(b'{"a": "\\ud83d"}', cut=False)
    assert value == {"a": "?"}


def test_a_huge_body_is_read_to_its_bound_only() -> None:
    """A body without end is cut, its status stands, and the request ends."""

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not end.is_set():
            connection.sendall(b"ab cd ef " * 10_000)

    answer = one(talk)
    assert (answer.status, answer.error, len(answer.body)) == (200, "", BODY_KEPT)
    assert answer.json_error == "the body is larger than 1024 KiB and was not read to its end"


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"]
)
def test_one_byte_at_a_time_ends_at_the_limit(start: bytes) -> None:
    """Each byte comes in time, the answer as a whole does not: headers and bodies alike."""

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        connection.sendall(start)
        while not end.wait(0.05):
            connection.sendall(b"x")

    answer = one(talk, limits=0.5)
    if start.endswith(b"\r\n\r\n"):
        assert (answer.status, answer.error) == (200, "the answer had begun but did not end within 0.5 s")
        assert answer.json_error == "its body did not come to its end"
    else:
        assert (answer.status, answer.error) == (None, "no answer came within 0.5 s")


@pytest.mark.parametrize(
    "said, status, error",
    [
        (b"", None, "the connection was closed before an answer came"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            200,
            "the connection was closed in the middle of the answer",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", None, "the answer could not be read: illegal status line"),
    ],
)
def test_a_broken_answer(said: bytes, status: int | None, error: str) -> None:
    """A connection that is closed too early, or that speaks no HTTP, is said to be so."""

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        connection.sendall(said)

    answer = one(talk)
    assert answer.status == status
    assert answer.error.startswith(error)


def test_a_redirect_is_not_followed() -> None:
    """A redirect, even to itself, is the answer."""
    answer = one(says(b"", status="307 Temporary Redirect", more="Location: /ready\r\n"))
    assert (answer.status, answer.location_header) == (307, "/ready")


def heard(expectation: Expectation, environ: dict[str, str]) -> tuple[list[str], tuple[Answer, ...]]:
    """The heads of the requests that reach a server, and the answers, which echo them."""
    heads: list[str] = []

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        heads.append(head)
        says(head.encode(), "text/plain")(connection, head, end)

    with served(talk) as url:
        return heads, ask(url, (expectation,), QUICK, environ)


def test_headers_from_the_environment_are_sent_and_never_shown() -> None:
    """The value of env:NAME goes into the request, and is blanked where the answer repeats it."""
    asked = Expectation("/x", headers={"X-Who": "env:WHO", "Accept": "text/plain"}, refuse_without=("X-Who",))
    heads, answers = heard(asked, {"WHO": "Bearer quite-a-name"})
    full = heads[-1]  # after those of somebody who has no right
    assert "Bearer quite-a-name" in full
    assert "Accept: text/plain" in full or "accept: text/plain" in full
    assert [answer.without for answer in answers] == ["", *["X-Who"] * 5]
    assert sum("quite-a-name" in head for head in heads) == 1
    assert "quite-a-name" not in repr(answers)
    assert answers[0].status == 200


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}])
def test_a_variable_that_is_not_set_is_not_asked_with(environ: dict[str, str]) -> None:
    """Without its value the request is not sent; the one that leaves the header out is."""
    asked = Expectation("/x", headers={"X-Token": "env:TOKEN"}, refuse_without=("x-token",))
    heads, answers = heard(asked, environ)
    assert (answers[0].unset, answers[0].status) == ("TOKEN", None)
    assert [(answer.without, answer.status) for answer in answers[1:]] == [("x-token", 200)] * 5
    assert len(heads) == 5


@pytest.mark.parametrize("value", ["hunter22\n", "hunter22\r\nX-More: 1", "hunter22\udc80"])
def test_a_value_that_no_header_can_hold(value: str) -> None:
    """The header and its variable are named, its value is not."""
    asked = Expectation("/x", headers={"X-Token": "env:TOKEN"})
    heads, (answer,) = heard(asked, {"TOKEN": value})
    assert answer.error == "the header X-Token cannot be sent: its value from TOKEN holds what no header can"
    assert (heads, "hunter22" in repr(answer)) == ([], False)


def test_requests_go_side_by_side() -> None:
    """All are under way at once: none is answered before every one has come."""
    together = threading.Barrier(8, timeout=30)

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        together.wait()
        says(b"{}")(connection, head, end)

    with served(talk) as url:
        answers = ask(url, paths(*(f"/{at}" for at in range(8))), QUICK, ENVIRON)
    assert [answer.path for answer in answers] == [f"/{at}" for at in range(8)]
    assert {answer.status for answer in answers} == {200}


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is the application and not a proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert one(says(b"{}")).status == 200


def deployed(url: str, *names: str) -> Health:
    return probes.check(request(Path("/"), url=url), None, paths(*names), QUICK, ENVIRON, {})


def test_a_deployed_instance() -> None:
    """The paths are put below the URL's own, and nothing is started."""
    with served(says(b"{}")) as url:
        seen = deployed(f"{url}/prefix/", "/ready")
        bare = deployed(url)
    assert (seen.server.started, seen.server.command, seen.server.failure) == (True, "", None)
    assert seen.answers[0].status == 200
    assert (bare.server.started, bare.answers) == (True, ())
    assert codec.decode(Health, codec.encode(seen)) == seen


def test_a_deployed_instance_is_asked_although_the_entry_point_here_does_not_load() -> None:
    """What runs there is judged by what it answers."""
    dead = InspectedEntry(Entry("web", "src.main:app", ""), failure=Failure("raised", "no"))
    with served(says(b"{}")) as url:
        seen = probes.check(request(Path("/"), url=url), dead, paths("/ready"), QUICK, ENVIRON, {})
    assert (seen.server.started, seen.answers[0].status) == (True, 200)


def test_the_prefix_of_a_deployed_instance_is_asked_for() -> None:
    """``https://host/prefix/`` and ``/ready`` give ``/prefix/ready``."""
    heads: list[str] = []

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        heads.append(head.splitlines()[0])
        says(b"{}")(connection, head, end)

    with served(talk) as url:
        deployed(f"{url}/prefix/", "/ready")
    assert heads == ["GET /prefix/ready HTTP/1.1", "GET /prefix/ HTTP/1.1"]


@pytest.mark.parametrize(
    "url, message",
    [
        ("http://127.0.0.1:{closed}", "the connection was refused: nothing listens there"),
        ("example.org", "the URL has to start with http:// or https://"),
        ("http://[::1", "the URL cannot be read: "),
    ],
)
def test_an_instance_that_cannot_be_reached(url: str, message: str) -> None:
    """Every answer says why, and so does the server."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    seen = deployed(url.format(closed=port), "/ready")
    assert seen.server.failure is not None
    assert seen.server.failure.message.startswith(message)
    assert seen.answers[0].error.startswith(message)
    assert not seen.server.started


def test_the_login_of_a_url_is_not_shown() -> None:
    """A password in the URL is used and blanked."""
    with served(says(b"{}")) as url:
        seen = deployed(url.replace("//", "//me:hunter22@"), "/ready")
    assert seen.server.started
    assert "hunter22" not in repr(seen)
