"""What somebody asks who has no right to an endpoint: over real sockets, and in which order."""

from __future__ import annotations

import base64
import re
import socket
import threading

import pytest

from pytest_prodready.facts import Expectation, Operation, Scheme
from pytest_prodready.probes.doors import moved_by_slash, other_slash, wrong_value
from pytest_prodready.probes.http import ask
from pytest_prodready.probes.knocks import knock
from tests.probes.sockets import says, served
from tests.probes.support import ENVIRON, QUICK

TOKEN = "Bearer sk_live_4f9aQ7xT2mLd83Zk"


class Doorkeeper:
    """Answers 200 to the right token and 401 to all others, and keeps what it heard."""

    def __init__(self, moved: str = "") -> None:
        self.heads: list[str] = []
        self.moved = moved

    def __call__(self, connection: socket.socket, head: str, end: threading.Event) -> None:
        self.heads.append(head)
        path = head.split()[1]
        if path == self.moved:
            there = f"Location: {other_slash(path)}\r\n"
            says(b"", status="307 Temporary Redirect", more=there)(connection, head, end)
        elif f"X-Token: {TOKEN}" in head or f"x-token: {TOKEN}" in head:
            says(b'{"a": 1}', more="Set-Cookie: session=open; Path=/\r\n")(connection, head, end)
        else:
            says(b"{}", status="401 Unauthorized")(connection, head, end)

    @property
    def tokens(self) -> list[str]:
        """The value of the header in each request; empty where there was none."""
        found = [re.search(r"(?im)^x-token: (.*?)\r?$", head) for head in self.heads]
        return [one[1] if one else "" for one in found]


GUARDED = Expectation("/admin?all=1", headers={"X-Token": "env:TOKEN"}, refuse_without=("X-Token",))


def test_who_has_no_right_asks_first() -> None:
    """Without the header, with a wrong one, by HEAD and OPTIONS and with a slash; then with the right one."""
    keeper = Doorkeeper()
    with served(keeper) as url:
        answers = ask(url, (GUARDED, GUARDED), QUICK, {**ENVIRON, "TOKEN": TOKEN})
    assert [(one.method, one.path, one.without, one.how, one.status) for one in answers[:6]] == [
        ("GET", "/admin?all=1", "", "", 200),
        ("GET", "/admin?all=1", "X-Token", "", 401),
        ("GET", "/admin?all=1", "X-Token", "a wrong value", 401),
        ("HEAD", "/admin?all=1", "X-Token", "HEAD", 401),
        ("OPTIONS", "/admin?all=1", "X-Token", "OPTIONS", 401),
        ("GET", "/admin/?all=1", "X-Token", "a slash", 401),
    ]
    assert [token == TOKEN for token in keeper.tokens] == [False] * 10 + [True] * 2
    wrong = [token for token in keeper.tokens if token and token != TOKEN]
    assert len(wrong) == 2
    assert all(value.startswith("Bearer sk_live_") and len(value) == len(TOKEN) for value in wrong)
    assert not [head for head in keeper.heads if "cookie" in head.lower()]


def test_a_redirect_that_changes_the_slash_alone_is_followed_once() -> None:
    """It leads to the endpoint itself, and what that answers counts."""
    keeper = Doorkeeper(moved="/admin/?all=1")
    with served(keeper) as url:
        answers = ask(url, (GUARDED,), QUICK, {**ENVIRON, "TOKEN": TOKEN})
    assert (answers[5].path, answers[5].status) == ("/admin/?all=1", 401)
    assert len(keeper.heads) == 7


@pytest.mark.parametrize(
    "path, other", [("/a", "/a/"), ("/a/", "/a"), ("/a?b=/", "/a/?b=/"), ("/a/?b", "/a?b")]
)
def test_the_other_slash(path: str, other: str) -> None:
    """The query stays where it is."""
    assert other_slash(path) == other


@pytest.mark.parametrize(
    "location, moved",
    [
        ("http://h:1/a", True),
        ("http://h:1/a?x=1", True),
        ("/a", True),
        ("http://h:1/b", False),
        ("http://other/a", False),
        ("https://h:1/a", False),
        ("http://h:1/a/", False),
    ],
)
def test_where_a_redirect_leads(location: str, moved: bool) -> None:
    """The same server, the same path, another slash."""
    assert moved_by_slash("http://h:1/a/", location) is moved


@pytest.mark.parametrize(
    "right",
    ["Bearer abcdefgh", "Token 0123456789abcdef", "sk_live_4f9aQ7xT", "0d2f6f4c-86c5-4c1f-9d2e", "secret"],
)
def test_a_wrong_value_has_the_shape_of_the_right_one(right: str) -> None:
    """The same length, the same kinds of characters, and neither the value nor close to it."""
    wrong = wrong_value(right)
    assert wrong != right
    assert len(wrong) == len(right)
    assert wrong.partition(" ")[0] == right.partition(" ")[0] or " " not in right
    kinds = [(one.isdigit(), one.isupper(), one.isalnum()) for one in right]
    assert [(one.isdigit(), one.isupper(), one.isalnum()) for one in wrong] == kinds


@pytest.mark.parametrize("right", ["", "a", "----", "Bearer x", "\u00e4" * 40])
def test_what_is_too_short_to_be_imitated_becomes_a_token(right: str) -> None:
    """Nothing that differs from a secret in a character or two."""
    assert len(wrong_value(right)) >= 32


def test_a_wrong_login_has_another_user() -> None:
    """Wrong passwords of a user that exists may lock it out."""
    right = base64.b64encode(b"administrator:correct-horse").decode()
    wrong = wrong_value(f"Basic {right}")
    user, _, password = base64.b64decode(wrong.removeprefix("Basic ")).decode().partition(":")
    assert (len(user), len(password)) == (13, 13)
    assert user != "administrator"
    assert ":" in base64.b64decode(wrong_value("Basic %%%").removeprefix("Basic ")).decode()


def test_knocking_at_guarded_operations() -> None:
    """Once with nothing, and once with all that the operation takes, of which nobody issued any."""
    keeper = Doorkeeper()
    every = (
        Scheme("authorization", "Bearer"),
        Scheme("authorization", "Basic"),
        Scheme("header", "X-Token"),
        Scheme("cookie", "sid"),
        Scheme("query", "key"),
    )
    operations = (Operation("/login"), Operation("/all", every), Operation("/b", (every[1],)))
    with served(keeper) as url:
        seen_as = Expectation("/ready", headers={"Host": "shop.example", "X-Token": "not sent"})
        knocks = knock(url, operations, (seen_as,), QUICK, ENVIRON)
    assert [(one.path, one.wrong, one.answer.status) for one in knocks] == [
        ("/login", False, 401),
        ("/all", False, 401),
        ("/all", True, 401),
        ("/b", False, 401),
        ("/b", True, 401),
    ]
    sent = next(head for head in keeper.heads if "/all?key=" in head).lower()
    assert all(word in sent for word in ("authorization: bearer ", "x-token: ", "cookie: sid="))
    basic = next(head for head in keeper.heads if "basic " in head.lower())
    assert b":" in base64.b64decode(basic.split("asic ")[1].split()[0])
    assert all("host: shop.example" in head.lower() for head in keeper.heads)
    assert "not sent" not in "".join(keeper.heads)
    assert knock("http://127.0.0.1:9", (), (), QUICK, ENVIRON) == ()
