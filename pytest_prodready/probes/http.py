"""Requests to the application under probe, all side by side, each within one time limit as a whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from statistics import median

import httpx

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.facts.health import BY_SLASH
from pytest_prodready.probes import certificates, headers
from pytest_prodready.probes.body import READ
from pytest_prodready.probes.doors import FULL, moved_by_slash, variants
from pytest_prodready.probes.exchange import Exchange
from pytest_prodready.redaction import Redactor
from pytest_prodready.settings import Limits

SIDE_BY_SIDE = 16
TIMED = 5
"""Answers whose median is held against a budget, after one that warms up."""
AGENT = "pytest-prodready"
ACCEPT = "application/health+json, application/json;q=0.9, */*;q=0.8"
"""What says most about health first; who offers nothing of it answers as ever."""
_IDLE = 1.0
"""Seconds that a connection is kept for another request: less than any server keeps it."""


@dataclass(frozen=True)
class _Session:
    """What all requests of one :func:`ask` share."""

    url: str
    seconds: float
    """The limit of each request as a whole."""
    environ: Mapping[str, str]
    redactor: Redactor

    def client(self, kept: int) -> httpx.AsyncClient:
        """A client that keeps at most ``kept`` connections for further requests, and no cookie."""
        return httpx.AsyncClient(
            verify=certificates.needed(self.url, self.environ),
            trust_env=False,
            follow_redirects=False,
            timeout=self.seconds,
            limits=httpx.Limits(
                max_connections=SIDE_BY_SIDE, max_keepalive_connections=kept, keepalive_expiry=_IDLE
            ),
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity", "Accept": ACCEPT},
            # what one request was given must not open the door to the next
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )


def ask(
    url: str,
    expectations: tuple[Expectation, ...],
    limits: Limits,
    environ: Mapping[str, str],
    *,
    cold: bool = False,
) -> tuple[Answer, ...]:
    """Ask every endpoint, those with ``refuse_without`` first as somebody who lacks what it names.

    Those with a budget are timed afterwards, one after the other, while nothing else is asked.

    Args:
        url: the base URL; a path in it is put before every endpoint's.
        expectations: what to ask; headers written ``env:NAME`` are resolved from ``environ`` here.
        limits: ``probe`` bounds each request from its connection to the end of its body.
        environ: never shown; what answers repeat of it is blanked.
        cold: the server has just been started, and may load much for its first answers: whoever gets none
            within the limit is asked once more.

    Returns:
        For each expectation in order, the answer to the full request and then those of its variants.
    """
    exchanges = [
        Exchange(expectation, variant)
        for expectation in expectations
        for variant in (FULL, *variants(expectation))
    ]
    session = _Session(url, limits.probe, environ, headers.redactor(expectations, environ))
    # a loop of its own in a thread of its own: the caller may be inside another loop
    with ThreadPoolExecutor(1, "prodready-probes") as thread:
        return thread.submit(asyncio.run, _ask_all(session, exchanges, cold)).result()


async def _ask_all(session: _Session, exchanges: list[Exchange], cold: bool) -> tuple[Answer, ...]:
    answers: dict[int, Answer] = {}
    kept = SIDE_BY_SIDE if len(exchanges) > SIDE_BY_SIDE else 0
    async with session.client(kept) as client:
        # who has no right asks before anybody who has, whose answer a cache may keep
        for right in (False, True):
            batch = [exchange for exchange in exchanges if right is not bool(exchange.variant.without)]
            answers.update(await _side_by_side(client, session, batch))
    again = cold or kept  # a server that serves one connection after the other had to wait for those kept
    waited = [exchange for exchange in exchanges if again and exchange.late and exchange.response is None]
    if waited:
        async with session.client(0) as client:
            answers.update(await _side_by_side(client, session, waited))
    if not any(exchange.expectation.within for exchange in exchanges):
        return tuple(answers[id(exchange)] for exchange in exchanges)
    async with session.client(1) as client:
        return tuple(
            [
                await _timed(client, session, exchange.expectation, answers[id(exchange)])
                if exchange.expectation.within and not exchange.variant.without
                else answers[id(exchange)]
                for exchange in exchanges
            ]
        )


async def _side_by_side(
    client: httpx.AsyncClient, session: _Session, exchanges: list[Exchange]
) -> dict[int, Answer]:
    """The answers by the identity of their exchanges."""
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(exchange: Exchange) -> Answer:
        async with turn:
            return await _ask_one(client, session, exchange)

    answers = await asyncio.gather(*map(one, exchanges))
    return {id(exchange): answer for exchange, answer in zip(exchanges, answers, strict=True)}


async def _timed(
    client: httpx.AsyncClient, session: _Session, expectation: Expectation, answer: Answer
) -> Answer:
    """``answer`` with the median of more of its kind; one that comes too late has taken the whole limit."""
    seconds: list[float] = []
    if answer.status is None or answer.error:
        return answer
    for number in range(1 + TIMED):
        exchange = Exchange(expectation)
        again = await _ask_one(client, session, exchange)
        if not exchange.late and (again.error or again.status != answer.status):
            break
        if number:
            seconds.append(exchange.seconds)
    return replace(answer, seconds=median(seconds), timed=len(seconds)) if seconds else answer


async def _ask_one(client: httpx.AsyncClient, session: _Session, exchange: Exchange) -> Answer:
    asked = exchange.asked
    sent, problem, unset = headers.resolved(exchange.expectation, exchange.variant, session.environ)
    if problem or unset:
        return replace(asked, error=problem, unset=unset)
    error = ""
    exchange.late = False
    begun = time.perf_counter()
    try:
        request = client.build_request(
            asked.method,
            _joined(session.url, asked.path),
            headers=sent,
            extensions={"trace": exchange.trace},
        )
        await asyncio.wait_for(_complete(client, request, exchange), session.seconds)
    except (asyncio.TimeoutError, httpx.TimeoutException):
        exchange.late = True
        error = exchange.lateness(session.seconds)
    except Exception as raised:  # whatever the target does to the client is an answer of a kind
        error = exchange.sentence(raised)
    exchange.seconds = time.perf_counter() - begun
    return exchange.answer(error, session.redactor)


async def _complete(client: httpx.AsyncClient, request: httpx.Request, exchange: Exchange) -> None:
    """Send the request, and read the answer to its end or to what is read of one at most."""
    response = await _response(client, request, exchange)
    following = response.next_request if exchange.variant.how == BY_SLASH else None
    if following is not None and moved_by_slash(str(request.url), str(following.url)):
        await response.aclose()
        response = await _response(client, following, exchange)
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


async def _response(client: httpx.AsyncClient, request: httpx.Request, exchange: Exchange) -> httpx.Response:
    """The answer's head; asked anew where a connection that was kept was closed by the server just then."""
    while True:
        exchange.connected = False
        try:
            return await client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if exchange.connected:
                raise


def _joined(url: str, path: str) -> str:
    return url.rstrip("/") + "/" + path.lstrip("/")
