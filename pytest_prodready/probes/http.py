"""Requests to the application under probe, all side by side, each within one time limit as a whole."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.probes.body import READ, decoded, text
from pytest_prodready.redaction import SHORTEST, Redactor
from pytest_prodready.settings import Limits

BODY_KEPT = 2000
BODY_SHOWN_FROM = 8000
"""More is taken than is kept, so that a secret is never cut in half before it is blanked."""
SIDE_BY_SIDE = 16
AGENT = "pytest-prodready"
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


@dataclass
class _Exchange:
    """One request, and as much of its answer as has come."""

    expectation: Expectation
    without: str
    response: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    cut: bool = False


def ask(
    url: str, expectations: tuple[Expectation, ...], limits: Limits, environ: Mapping[str, str]
) -> tuple[Answer, ...]:
    """Ask every endpoint, and each once more without every header that its ``refuse_without`` names.

    Args:
        url: the base URL; a path in it is put before every endpoint's.
        expectations: what to ask; headers written ``env:NAME`` are resolved from ``environ`` here.
        limits: ``probe`` bounds each request from its connection to the end of its body.
        environ: never shown; what answers repeat of it is blanked.

    Returns:
        For each expectation in order, the answer to the full request and then those without a header.
    """
    exchanges = [
        _Exchange(expectation, without)
        for expectation in expectations
        for without in ("", *expectation.refuse_without)
    ]
    redactor = _redactor(expectations, environ)
    # a loop of its own in a thread of its own: the caller may be inside another loop
    with ThreadPoolExecutor(1, "prodready-probes") as thread:
        return thread.submit(asyncio.run, _ask_all(url, exchanges, limits, environ, redactor)).result()


async def _ask_all(
    url: str, exchanges: list[_Exchange], limits: Limits, environ: Mapping[str, str], redactor: Redactor
) -> tuple[Answer, ...]:
    turn = asyncio.Semaphore(SIDE_BY_SIDE)
    async with httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=limits.probe,
        # a connection of its own for each request: one kept alive may be closed by the server just then
        limits=httpx.Limits(max_connections=SIDE_BY_SIDE, max_keepalive_connections=0),
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
    ) as client:

        async def one(exchange: _Exchange) -> Answer:
            async with turn:
                return await _ask_one(client, url, exchange, limits.probe, environ, redactor)

        return tuple(await asyncio.gather(*map(one, exchanges)))


async def _ask_one(
    client: httpx.AsyncClient,
    url: str,
    exchange: _Exchange,
    seconds: float,
    environ: Mapping[str, str],
    redactor: Redactor,
) -> Answer:
    expectation, without = exchange.expectation, exchange.without
    headers, problem, unset = _headers(expectation, without, environ)
    if problem or unset:
        return Answer(expectation.path, expectation.method, without, error=problem, unset=unset)
    error = ""
    try:
        request = client.build_request(expectation.method, _joined(url, expectation.path), headers=headers)
        await asyncio.wait_for(_exchange(client, request, exchange), seconds)
    except asyncio.TimeoutError:
        error = _late(exchange, seconds)
    except Exception as raised:  # whatever the target does to the client is an answer of a kind
        error = (
            _late(exchange, seconds)
            if isinstance(raised, httpx.TimeoutException)
            else _sentence(raised, exchange)
        )
    return _answer(exchange, redactor.blank(error), redactor)


async def _exchange(client: httpx.AsyncClient, request: httpx.Request, exchange: _Exchange) -> None:
    response = await client.send(request, stream=True)
    try:
        exchange.response = response
        async with aclosing(response.aiter_bytes()) as chunks:  # type: ignore[type-var]  # declared an iterator, is a generator
            async for chunk in chunks:
                exchange.body += chunk
                if len(exchange.body) > READ:
                    exchange.cut = True
                    return
    finally:
        await response.aclose()


def _joined(url: str, path: str) -> str:
    return url.rstrip("/") + "/" + path.lstrip("/")


def _headers(
    expectation: Expectation, without: str, environ: Mapping[str, str]
) -> tuple[httpx.Headers, str, str]:
    """The headers to send, or the problem that keeps one from being sent, or the variable that is not set."""
    headers = httpx.Headers(encoding="utf-8")
    for name, written in expectation.headers.items():
        if name.lower() == without.lower():
            continue
        value, variable = _resolved(written, environ), _variable(written)
        if variable and not value:
            return headers, "", variable
        if _UNSENDABLE.search(value):
            source = f" from {variable}" if variable else ""
            return (
                headers,
                f"the header {name} cannot be sent: its value{source} holds what no header can",
                "",
            )
        headers[name] = value
    return headers, "", ""


def _variable(written: str) -> str:
    return written[len("env:") :] if written.startswith("env:") else ""


def _resolved(written: str, environ: Mapping[str, str]) -> str:
    variable = _variable(written)
    return environ.get(variable, "") if variable else written


def _redactor(expectations: tuple[Expectation, ...], environ: Mapping[str, str]) -> Redactor:
    """Blanks the environment's secrets, and every value that is sent in a header from the environment."""
    sent = {
        word
        for expectation in expectations
        for written in expectation.headers.values()
        if _variable(written)
        for word in _credentials(_resolved(written, environ))
    }
    return Redactor(
        {**environ, **{f"PRODREADY_SENT_SECRET_{at}": word for at, word in enumerate(sorted(sent))}}
    )


def _credentials(value: str) -> Iterator[str]:
    """A header's value, and of ``Bearer abc`` the second word too."""
    yield value
    last = value.rpartition(" ")[2]
    if len(last) >= SHORTEST:
        yield last


def _late(exchange: _Exchange, seconds: float) -> str:
    if exchange.response is None:
        return f"no answer came within {seconds:g} s"
    return f"the answer had begun but did not end within {seconds:g} s"


def _sentence(error: Exception, exchange: _Exchange) -> str:
    """Why no full answer came."""
    if isinstance(error, httpx.UnsupportedProtocol):
        return "the URL has to start with http:// or https://"
    if isinstance(error, httpx.InvalidURL):
        return f"the URL cannot be read: {error}"
    if (
        isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError))
        and "illegal" not in str(error).lower()
    ):
        middle = "in the middle of the answer" if exchange.response is not None else "before an answer came"
        return f"the connection was closed {middle}"
    if isinstance(error, httpx.ConnectError):
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"its certificate was not accepted: {cause.verify_message}"
            if isinstance(cause, ConnectionRefusedError):
                return "the connection was refused: nothing listens there"
            cause = cause.__cause__ or cause.__context__
        return f"no connection could be made: {str(error).rstrip('.') or type(error).__name__}"
    return f"the answer could not be read: {str(error).rstrip('.') or type(error).__name__}"


def _answer(exchange: _Exchange, error: str, redactor: Redactor) -> Answer:
    expectation, response = exchange.expectation, exchange.response
    if response is None:
        return Answer(expectation.path, expectation.method, exchange.without, error=error)
    body = bytes(exchange.body)
    value, json_error = (None, "its body did not come to its end") if error else decoded(body, exchange.cut)
    return Answer(
        path=expectation.path,
        method=expectation.method,
        without=exchange.without,
        status=response.status_code,
        content_type=redactor.blank(response.headers.get("content-type", "")),
        body=redactor.blank(text(body[:BODY_SHOWN_FROM], response.charset_encoding))[:BODY_KEPT],
        json=redactor.blank_value(value),
        json_error=json_error,
        error=error,
        location_header=redactor.blank(response.headers.get("location", "")),
    )
