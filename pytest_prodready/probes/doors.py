"""Requests by somebody who has no right to what is asked for."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pytest_prodready.facts import Expectation
from pytest_prodready.facts.health import BY_HEAD, BY_OPTIONS, BY_SLASH, WRONG_VALUE

_SCHEME = re.compile(r"[A-Za-z][A-Za-z-]*\s+(?=\S)")
_PREFIX = re.compile(r"(?:[a-z]{2,6}[_-]){1,2}(?=[A-Za-z0-9]{8})")
"""What tokens of one kind have in common: ``sk_live_``, ``ghp_``."""
_ENOUGH = 6
"""Characters that must be others, or it could pass for a mistyped secret."""
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass(frozen=True)
class Variant:
    """How a request differs from the one that has a right to the endpoint."""

    without: str = ""
    """The header that does not have the right value; empty for the request that has all."""
    how: str = ""
    """As :attr:`pytest_prodready.facts.Answer.how`."""
    method: str = ""
    path: str = ""


FULL = Variant()


def variants(expectation: Expectation) -> Iterator[Variant]:
    """The ways in which an endpoint is asked by somebody who lacks a header of ``refuse_without``."""
    method, path = expectation.method, expectation.path
    for header in expectation.refuse_without:
        yield Variant(header, "", method, path)
        yield Variant(header, WRONG_VALUE, method, path)
        if method == "GET":
            yield Variant(header, BY_HEAD, "HEAD", path)
            yield Variant(header, BY_OPTIONS, "OPTIONS", path)
        if path.partition("?")[0] != "/":
            yield Variant(header, BY_SLASH, method, other_slash(path))


def other_slash(path: str) -> str:
    """A path with a slash at its end, or without the one that it has."""
    bare, mark, query = path.partition("?")
    return (bare.rstrip("/") if bare.endswith("/") else bare + "/") + mark + query


def moved_by_slash(url: str, location: str) -> bool:
    """Whether a redirect leads to the same place but for the slash at the end of its path."""
    here, there = urlsplit(url), urlsplit(location)
    same = not there.netloc or (there.scheme, there.netloc) == (here.scheme, here.netloc)
    return same and there.path != here.path and there.path.rstrip("/") == here.path.rstrip("/")


def wrong_value(value: str) -> str:
    """A value of the same length and shape that nobody issued; of a credential that is not known, a token.

    The word before it (``Bearer``) and the beginning that tokens of its kind share are kept, so that a check
    of these alone is seen to be none.
    """
    scheme = found[0] if (found := _SCHEME.match(value)) else ""
    rest = value[len(scheme) :]
    if scheme.strip().lower() == "basic":
        return scheme + _other_login(rest)
    prefix = found[0] if (found := _PREFIX.match(rest)) else ""
    body = rest[len(prefix) :]
    return scheme + (prefix + _other(body) if _long(body) else secrets.token_hex(16))


def _other_login(encoded: str) -> str:
    """Another user with another password: who tries many passwords of one user may lock him out."""
    try:
        login = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        login = ""
    user, _, password = login.partition(":")
    words = (_other(word) if _long(word) else secrets.token_hex(8) for word in (user, password))
    return base64.b64encode(":".join(words).encode()).decode()


def _long(text: str) -> bool:
    return sum(character in alphabet for character in text for alphabet in _ALPHABETS) >= _ENOUGH


def _other(text: str) -> str:
    """Random letters for letters, digits for digits; never the text itself."""
    while True:
        made = "".join(
            next((secrets.choice(alphabet) for alphabet in _ALPHABETS if character in alphabet), character)
            for character in text
        )
        if made != text:
            return made
