"""The gate's own input and output: the server under probe, and the requests to it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_prodready.facts import (
    Answer,
    Control,
    Expectation,
    Failure,
    Health,
    HttpProbe,
    InspectedEntry,
    Knock,
    KubeletProbe,
    Server,
    Stop,
)
from pytest_prodready.health import guarded
from pytest_prodready.probes import controls, deployed, headers, http, kubelet, stopping
from pytest_prodready.probes.doors import FULL
from pytest_prodready.probes.knocks import knock
from pytest_prodready.probes.launch import BadCommandError, NothingToServeError, choose, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

_DEPARTURE = 2.0
"""Seconds in which a server that broke off an answer is seen to leave."""


def check(
    request: Request,
    web: InspectedEntry | None,
    expectations: tuple[Expectation, ...],
    limits: Limits,
    environ: Mapping[str, str],
    installed: Mapping[str, str],
    planned: tuple[Control, ...] = (),
    kubelets: Iterable[tuple[int, HttpProbe | None]] = (),
) -> Health:
    """Start the server (unless ``request.url`` is set), ask every endpoint side by side, stop it again.

    Whatever the target does ends up in the facts; nothing of it is raised. A part in which the gate itself
    fails takes none of the others with it.

    Args:
        request: where and with what to start it, or the URL of a deployed instance.
        web: the inspected web entry point, ``None`` when there is none.
        expectations: what to ask; the answers come in their order, see :func:`http.ask`.
        limits: of the start, of each request, and of the end.
        environ: the environment of the target, free of pytest's own variables.
        installed: canonical distribution name → version, of the target's interpreter.
        planned: the dependencies that the server is started without, once the first one has left.
        kubelets: the places of the expectations that a kubelet asks, each with the probe of a manifest.
    """
    if request.url:
        return deployed.ask(request.url, expectations, limits, environ)
    try:
        launch = choose(request, web, installed)
    except NothingToServeError as reason:
        return Health(Server(url="", skipped=str(reason)))
    except BadCommandError as problem:
        return Health(
            Server(url="", command=request.serve, source="serve", failure=Failure("lost", str(problem)))
        )
    answers: tuple[Answer, ...] = ()
    knocks: tuple[Knock, ...] = ()
    kubelet_answers: tuple[KubeletProbe, ...] = ()
    stop: Stop | None = None
    mistakes: dict[str, str] = {}
    part = partial(_part, mistakes, environ)
    greeting = expectations[0].path if expectations else "/"
    app = web.app if web is not None else None
    # a kubelet sends nothing of the kind
    proxied = tuple(headers.with_entrance(one, app) for one in expectations)
    with RunningServer(launch, request, environment(request, web, environ), limits, greeting) as server:
        if server.failure is None:
            with part("answers"):
                answers = http.ask(server.url, proxied, limits, environ, cold=True)
            if "doors" in request.jobs and app is not None:
                with part("knocks"):
                    asked, _ = guarded.asked(app.operations, expectations)
                    knocks = knock(server.url, asked, proxied, limits, environ, app.entrance)
            if "kubelet" in request.jobs:
                with part("kubelet"):
                    probed = [(expectations[at], manifest) for at, manifest in kubelets]
                    kubelet_answers = kubelet.probe(server.url, probed, limits, environ)
            if any(answer.error for answer in answers):
                server.await_departure(_DEPARTURE)
            if "stop" in request.jobs:
                with part("stop"):
                    stop = _stop(server, request, web, proxied, answers, limits, environ)
    health = Health(server.facts, answers, knocks, kubelet_answers, stop=stop, mistakes=mistakes)
    comparable = server.failure is None and "answers" not in mistakes
    if "controls" in request.jobs and planned and comparable:
        with part("controls"):
            tried = controls.look(planned, launch, request, web, proxied, limits, environ, health)
            health = replace(health, controls=tried)
    return health


def _stop(
    server: RunningServer,
    request: Request,
    web: InspectedEntry | None,
    expectations: tuple[Expectation, ...],
    answers: tuple[Answer, ...],
    limits: Limits,
    environ: Mapping[str, str],
) -> Stop | None:
    """Stop the server while a slow request is under way and a connection stays open that was answered.

    Whether an idle connection keeps a server is the server's own affair, of its release and options: gunicorn
    26 with threads is kept, without them or a release later it is not. None is left open where the gate has
    chosen both.
    """
    whole = (one for one in answers if one.status and not one.error and not one.without)
    idle = "" if server.launch.chosen else next((one.path for one in whole if one.method == "GET"), "")
    entrance = web.app.entrance if web is not None and web.app is not None else {}
    slow = Expectation(request.health.slow, headers=headers.common(expectations, entrance))
    sent, _, _ = headers.resolved(slow, FULL, environ)
    return stopping.stop(server, idle, slow.path, limits, sent)


@contextmanager
def _part(mistakes: dict[str, str], environ: Mapping[str, str], name: str) -> Iterator[None]:
    """Note what is raised under the name of the part, with its place in the gate."""
    try:
        yield
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error}, {Path(last.filename).name}, line {last.lineno}"
        mistakes[name] = Redactor(environ).blank(said)
