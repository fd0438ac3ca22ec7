"""A deployed instance: asked where it runs, and nothing is started."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from pytest_prodready.facts import Answer, Expectation, Failure, Health, Server
from pytest_prodready.probes import certificates, http
from pytest_prodready.redaction import Redactor
from pytest_prodready.settings import Limits

MOST_REDIRECTS = 10


def ask(
    url: str, expectations: tuple[Expectation, ...], limits: Limits, environ: Mapping[str, str]
) -> Health:
    """Ask every endpoint of the instance, and look where its base URL leads and who vouches for it.

    Args:
        url: of the instance; a path in it is put before every endpoint's.
        expectations: what to ask; the answers come in their order.
        limits: ``probe`` bounds each request.
        environ: where the values of headers and the trusted authorities are named.
    """
    answers = http.ask(url, expectations, limits, environ)
    tried = [answer for answer in answers if answer.status is not None or answer.error]
    silent = bool(tried) and all(answer.status is None for answer in tried)
    if not silent:
        base, redirects = _follow(url, limits, environ)
        tried = tried or [base]
        silent = all(answer.status is None for answer in tried)
    shown = Redactor(environ).blank(url)
    if silent:
        failure = Failure("lost", tried[0].error)
        return Health(Server(shown, source="--prodready-url", failure=failure, attempts=1), answers)
    server = Server(
        shown,
        source="--prodready-url",
        started=True,
        attempts=1,
        redirects=redirects,
        certificate=certificates.look(url, environ, limits.probe),
    )
    return Health(server, answers)


def _follow(url: str, limits: Limits, environ: Mapping[str, str]) -> tuple[Answer, tuple[str, ...]]:
    """What the base URL answers, and where it leads to as long as the host stays the same.

    A URL that comes a second time ends the list.
    """
    (first,) = http.ask(url, (Expectation("/"),), limits, environ)
    host = httpx.URL(url).host if first.status is not None else ""
    blank = Redactor(environ).blank
    asked, answer = url, first
    redirects: list[str] = []
    while (target := _target(asked, answer)) is not None:
        known = (blank(url), *redirects)
        redirects.append(blank(str(target)))
        if redirects[-1] in known or target.host != host or len(redirects) >= MOST_REDIRECTS:
            break
        asked = str(target)
        path = target.raw_path.decode("ascii")
        (answer,) = http.ask(str(target.copy_with(raw_path=b"/")), (Expectation(path),), limits, environ)
    return first, tuple(redirects)


def _target(asked: str, answer: Answer) -> httpx.URL | None:
    """Where an answer sends its reader; ``None`` when it is no redirect, or none that can be read."""
    if answer.status is None or not 300 <= answer.status < 400 or not answer.location_header:
        return None
    try:
        return httpx.URL(asked).join(answer.location_header)
    except (httpx.InvalidURL, ValueError):
        return None
