"""The gate's own input and output: the server under probe, and the requests to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

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
from pytest_prodready.probes import controls, deployed, http, kubelet, stopping
from pytest_prodready.probes.knocks import knock
from pytest_prodready.probes.launch import BadCommandError, NothingToServeError, choose, environment
from pytest_prodready.probes.server import RunningServer
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
    planned: tuple[Control, ...] = (),
    kubelets: Iterable[tuple[int, HttpProbe | None]] = (),
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
    greeting = expectations[0].path if expectations else "/"
    with RunningServer(launch, request, environment(request, web, environ), limits, greeting) as server:
        if server.failure is None:
            answers = http.ask(server.url, expectations, limits, environ)
            if "doors" in request.jobs and web is not None and web.app is not None:
                asked, _ = guarded.asked(web.app.operations, expectations)
                knocks = knock(server.url, asked, expectations, limits, environ)
            if "kubelet" in request.jobs:
                probed = [(expectations[at], manifest) for at, manifest in kubelets]
                kubelet_answers = kubelet.probe(server.url, probed, limits, environ)
            if any(answer.error for answer in answers):
                server.await_departure(_DEPARTURE)
            if "stop" in request.jobs:
                whole = (one for one in answers if one.status and not one.error and not one.without)
                idle = next((one.path for one in whole if one.method == "GET"), "")
                stop = stopping.stop(server, idle, request.health.slow, limits)
    health = Health(server.facts, answers, knocks, kubelet_answers, stop=stop)
    if "controls" in request.jobs and planned and server.failure is None:
        tried = controls.look(planned, launch, request, web, expectations, limits, environ, health)
        health = replace(health, controls=tried)
    return health
