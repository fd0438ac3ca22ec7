"""Knocks at guarded operations: without a credential, and with one that nobody issued."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlencode

from pytest_prodready.facts import Expectation, Knock, Operation
from pytest_prodready.probes import http
from pytest_prodready.probes.headers import common
from pytest_prodready.settings import Limits


def knock(
    url: str,
    operations: Sequence[Operation],
    expectations: Iterable[Expectation],
    limits: Limits,
    environ: Mapping[str, str],
    entrance: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Knock, ...]:
    """Ask each operation without a credential, and with a random one where it is known how one is sent.

    Args:
        url: of the running server.
        operations: what to ask.
        expectations: of the settings, see :func:`.headers.common`.
        limits: ``probe`` bounds each request.
        environ: never shown, see :func:`http.ask`.
        entrance: headers of every request, as :attr:`pytest_prodready.facts.App.entrance` has them.
    """
    usual = common(expectations, entrance)
    planned = [one for operation in operations for one in _requests(operation, usual)]
    if not planned:
        return ()
    answers = http.ask(url, tuple(expectation for _, _, expectation in planned), limits, environ)
    return tuple(
        Knock(operation.path, wrong, answer)
        for (operation, wrong, _), answer in zip(planned, answers, strict=True)
    )


def _requests(operation: Operation, usual: dict[str, str]) -> Iterator[tuple[Operation, bool, Expectation]]:
    """What to send, and whether a credential is among it."""
    yield operation, False, Expectation(operation.path, headers=usual)
    if not operation.schemes:
        return
    headers = dict(usual)
    cookies: dict[str, str] = {}
    parameters: dict[str, str] = {}
    # all of them in one request: whether one alone would do is not known
    for scheme in operation.schemes:
        token = secrets.token_hex(16)
        if scheme.where == "authorization":
            basic = base64.b64encode(f"{secrets.token_hex(8)}:{token}".encode()).decode()
            credential = basic if scheme.name.lower() == "basic" else token
            headers.setdefault("Authorization", f"{scheme.name} {credential}")
        elif scheme.where == "header":
            headers[scheme.name] = token
        elif scheme.where == "cookie":
            cookies[scheme.name] = token
        else:
            parameters[scheme.name] = token
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    path = operation.path + (f"?{urlencode(parameters)}" if parameters else "")
    yield operation, True, Expectation(path, headers=headers)
