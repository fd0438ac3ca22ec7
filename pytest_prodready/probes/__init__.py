"""The gate's own input and output: the server under probe, and the requests to it."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_prodready.facts import Answer, Expectation, Failure, Health, InspectedEntry, Server
from pytest_prodready.probes import http
from pytest_prodready.probes.launch import BadCommandError, NothingToServeError, choose, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

_DEPARTURE = 0.5


def check(
    request: Request,
    web: InspectedEntry | None,
    expectations: tuple[Expectation, ...],
    limits: Limits,
    environ: Mapping[str, str],
    installed: Mapping[str, str],
) -> Health:
    """Start the server (unless ``request.url`` is set), ask every endpoint side by side, stop it again.

    Whatever the target does ends up in the facts; nothing of it is raised.

    Args:
        request: where and with what to start it, or the URL of a deployed instance.
        web: the inspected web entry point, ``None`` when there is none.
        expectations: what to ask; the answers come in their order, see :func:`http.ask`.
        limits: of the start, of each request, and of the end.
        environ: the environment of the target, free of pytest's own variables.
        installed: canonical distribution name → version, of the target's interpreter.
    """
    if request.url:
        return _deployed(request.url, expectations, limits, environ)
    try:
        launch = choose(request, web, installed)
    except NothingToServeError as reason:
        return Health(Server(url="", skipped=str(reason)))
    except BadCommandError as problem:
        return Health(
            Server(url="", command=request.serve, source="serve", failure=Failure("lost", str(problem)))
        )
    answers: tuple[Answer, ...] = ()
    greeting = expectations[0].path if expectations else "/"
    with RunningServer(launch, request, environment(request, web, environ), limits, greeting) as server:
        if server.failure is None:
            answers = http.ask(server.url, expectations, limits, environ)
            if any(answer.error for answer in answers):
                server.await_departure(_DEPARTURE)
    return Health(server.facts, answers)


def _deployed(
    url: str, expectations: tuple[Expectation, ...], limits: Limits, environ: Mapping[str, str]
) -> Health:
    answers = http.ask(url, expectations, limits, environ)
    tried = [answer for answer in answers if answer.status is not None or answer.error]
    # where no endpoint could be asked: does anything answer there at all?
    tried = tried or list(http.ask(url, (Expectation("/"),), limits, environ))
    reached = any(answer.status is not None for answer in tried)
    failure = None if reached else Failure("lost", tried[0].error)
    shown = Redactor(environ).blank(url)
    return Health(
        Server(url=shown, source="--prodready-url", started=reached, failure=failure, attempts=1), answers
    )
