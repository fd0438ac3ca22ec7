"""What is kept of an answer, how answers are timed, and connections that are used again."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.probes.http import SIDE_BY_SIDE, TIMED, ask
from tests.probes.sockets import Talk, says, served
from tests.probes.support import ENVIRON, QUICK, paths


def asked(talk: Talk, *expectations: Expectation, limit: float = 10.0) -> tuple[Answer, ...]:
    """The answers of a server that talks so."""
    with served(talk) as url:
        return ask(url, expectations, replace(QUICK, probe=limit), {**ENVIRON, "API_TOKEN": "hunter22"})


class Counting:
    """Answers 200 and ``{}``, but for what a test says of the requests by their number, from 1 on."""

    def __init__(
        self, slow: tuple[int, ...] = (), refused: tuple[int, ...] = (), seconds: float = 60.0
    ) -> None:
        self.slow, self.refused, self.seconds = slow, refused, seconds
        self.heads: list[str] = []
        self.at_once = self.most = 0

    def __call__(self, connection: socket.socket, head: str, end: threading.Event) -> None:
        """Handle one connection."""
        self.heads.append(head)
        number = len(self.heads)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        if number in self.slow:
            end.wait(self.seconds)
        self.at_once -= 1
        says(b"{}", status="429 No" if number in self.refused else "200 OK")(connection, head, end)


def test_a_text_is_found_in_all_that_is_read() -> None:
    """Far behind what is kept for showing; and its absence is a fact as well."""
    body = b"x" * 100_000 + "größe".encode("latin-1")
    said = says(body, "text/plain; charset=latin-1")
    there, other, none = asked(
        said, Expectation("/a", text="größe"), Expectation("/a", text="pong"), Expectation("/a")
    )
    assert (there.contains, other.contains, none.contains) == (True, False, False)
    assert len(there.body) == 2000


@pytest.mark.parametrize("charset", ["no-such", "undefined", "idna"])
def test_an_encoding_that_is_none_of_texts(charset: str) -> None:
    """What the answer names is taken for its encoding only where it can be."""
    (answer,) = asked(says(b"{}", f"application/json; charset={charset}"), Expectation("/a"))
    assert (answer.status, answer.error, answer.body) == (200, "", "{}")


def test_the_headers_that_matter_are_kept_without_secrets() -> None:
    """Those that are expected, and Allow; of a cookie everything but its value."""
    more = (
        "Allow: GET, POST\r\nX-Request-Id: hunter22\r\nX-Other: 1\r\n"
        "Set-Cookie: sid=abcdef; HttpOnly\r\nSet-Cookie: t=1; Secure\r\n"
    )
    expected = Expectation("/a", answer_headers={"X-Request-ID": "", "Set-Cookie": "HttpOnly", "X-None": ""})
    (answer,) = asked(says(b"{}", more=more), expected)
    assert answer.headers == {
        "allow": "GET, POST",
        "x-request-id": "•••",
        "set-cookie": "sid=•••; HttpOnly, t=•••; Secure",
    }


def test_what_says_most_about_health_is_asked_for_first() -> None:
    """``application/health+json``, JSON, and whatever else there is."""
    talk = Counting()
    asked(talk, Expectation("/a"))
    assert "Accept: application/health+json, application/json;q=0.9, */*;q=0.8" in talk.heads[0]


def test_a_cookie_opens_no_door() -> None:
    """What one request was given is not sent with the next."""
    heads: list[str] = []

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        heads.append(head)
        says(b"{}", more="Set-Cookie: sid=1; Path=/\r\n")(connection, head, end)

    guarded = Expectation("/a", headers={"X-Token": "t"}, refuse_without=("X-Token",), within=1)
    asked(talk, guarded)
    assert len(heads) == 6 + 1 + TIMED
    assert not [head for head in heads if "cookie" in head.lower()]


# ------------------------------------------------------------------------------------------ timing


def test_answers_are_timed_one_after_the_other() -> None:
    """Only those with a budget, after one that warms up, and while nothing else is asked."""
    talk = Counting()
    first, second = asked(talk, Expectation("/a", within=0.5), Expectation("/b"))
    assert (first.timed, second.timed, second.seconds) == (TIMED, 0, 0.0)
    assert first.seconds > 0
    assert [head.split()[1] for head in talk.heads[2:]] == ["/a"] * (1 + TIMED)
    assert talk.most <= 2


def test_a_cold_start_does_not_count() -> None:
    """The first answers take long, the median of the warm ones does not."""
    (answer,) = asked(Counting(slow=(1, 2, 3), seconds=1.0), Expectation("/a", within=0.5))
    assert answer.timed == TIMED
    assert answer.seconds < 1.0


def test_what_comes_too_late_has_taken_the_whole_limit() -> None:
    """An endpoint that hangs most of the time is slow, and the measurement ends."""
    (answer,) = asked(Counting(slow=tuple(range(2, 20))), Expectation("/a", within=0.1), limit=0.3)
    assert (answer.status, answer.timed) == (200, TIMED)
    assert answer.seconds >= 0.3


@pytest.mark.parametrize("refused, timed", [((2,), 0), ((5, 6, 7), 2)])
def test_only_answers_of_its_kind_are_timed(refused: tuple[int, ...], timed: int) -> None:
    """Who is refused for asking too often has measured the refusal."""
    (answer,) = asked(Counting(refused=refused), Expectation("/a", within=1))
    assert (answer.status, answer.timed) == (200, timed)


@pytest.mark.parametrize("cold, status, times", [(True, 200, 2), (False, None, 1)])
def test_the_first_answer_of_a_cold_server_may_be_late(cold: bool, status: int | None, times: int) -> None:
    """It is asked once more, and only where it has just been started."""
    talk = Counting(slow=(1,))
    with served(talk) as url:
        (answer,) = ask(url, paths("/a"), replace(QUICK, probe=2.0), ENVIRON, cold=cold)
    assert (answer.status, len(talk.heads)) == (status, times)


# ------------------------------------------------------------------------------------------ connections


def test_a_connection_is_used_again_and_its_end_is_not_taken_for_an_answer() -> None:
    """Where a kept connection is closed at the next request, that is asked once more on a new one."""
    heads: list[str] = []

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        heads.append(head)
        says(b"{}")(connection, head, end)
        again = connection.recv(65536)  # read, and never answered
        if again:
            heads.append("again")

    names = [f"/{number}" for number in range(3 * SIDE_BY_SIDE)]
    answers = asked(talk, *paths(*names))
    assert {(answer.status, answer.error) for answer in answers} == {(200, "")}
    assert len([head for head in heads if head != "again"]) == len(names)
    assert "again" in heads


def test_a_new_connection_that_is_closed_is_not_tried_again() -> None:
    """A server that breaks off is seen breaking off, also among many requests."""
    heads: list[str] = []

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        heads.append(head)

    names = [f"/{number}" for number in range(2 * SIDE_BY_SIDE)]
    answers = asked(talk, *paths(*names))
    assert {answer.error for answer in answers} == {"the connection was closed before an answer came"}
    assert len(heads) == len(names)


@pytest.mark.parametrize("number, limit", [(SIDE_BY_SIDE, 20.0), (2 * SIDE_BY_SIDE, 2.0)])
def test_no_connection_that_is_kept_starves_another(number: int, limit: float) -> None:
    """A server that serves one connection after the other is asked all, and answers all."""
    one_by_one = threading.Lock()

    def talk(connection: socket.socket, head: str, end: threading.Event) -> None:
        with one_by_one:
            says(b"{}")(connection, head, end)
            while connection.recv(65536):
                pass

    answers = asked(talk, *paths(*(f"/{at}" for at in range(number))), limit=limit)
    assert {answer.status for answer in answers} == {200}
