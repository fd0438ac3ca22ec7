"""What the framework builds when it is first asked for it: judged by PRD502 and 505."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import Build, Expectation, Facts
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.failures import explain
from pytest_prodready.rules.health.family import app_place, family

_CALLED = {
    "document": "OpenAPI document {}",
    "urls": "URL configuration {}",
    "handler": "{} of the URL configuration",
}


@family.kind("framework build", "framework builds", needs=("web", "health"))
def framework_build(facts: Facts) -> Iterator[Subject[Build]]:
    """The OpenAPI document of FastAPI and Litestar; Django's URL configuration, and its error handlers."""
    web = facts.entry("web")
    for build in web.app.builds if web is not None and web.app is not None else ():
        if build.kind == "template":  # a part of its endpoint, which is asked
            continue
        yield Subject(_CALLED[build.kind].format(build.name), build, location=app_place(facts))


def answers_with_an_error(build: Build, facts: Facts) -> Iterator[Fault]:
    """PRD502: what cannot be built is asked for in production, and every request for it is answered 500."""
    if build.failure is None or build.kind == "urls":
        return
    explanation = explain(build.failure)
    if build.kind == "document":
        at = f", at {build.culprit}" if build.culprit else ""
        message = f"the OpenAPI document {build.name} cannot be built{at}"
        remedy = "Correct the annotation or the response model: else each request for it is answered 500."
    else:
        message = f"{build.name} of the URL configuration names a view that cannot be found"
        remedy = "Correct the name: else what this view is for is answered 500."
    yield _fault(build, facts, message, explanation.cause, remedy)


def with_template(fault: Fault, expectation: Expectation, facts: Facts) -> Fault:
    """``fault`` of an endpoint that fails, with its template where that does not compile."""
    web = facts.entry("web")
    for build in web.app.builds if web is not None and web.app is not None else ():
        if build.kind == "template" and build.failure and build.culprit == expectation.path.partition("?")[0]:
            cause = explain(build.failure).cause
            return replace(
                fault,
                message=f"{fault.message}: its template {build.name} does not compile ({cause})",
                remedy=f"Correct {build.location or build.name}.",
                location=(build.location if expectation.found else None) or fault.location,
            )
    return fault


def registers_no_route(build: Build, facts: Facts) -> Iterator[Fault]:
    """PRD505: a URL configuration that does not resolve has no route at all."""
    if build.failure is not None and build.kind == "urls":
        explanation = explain(build.failure)
        message = f"the URL configuration {build.name} does not resolve, so no route is registered"
        yield _fault(build, facts, message, explanation.cause, explanation.remedy)


def _fault(build: Build, facts: Facts, message: str, cause: str, remedy: str) -> Fault:
    assert build.failure is not None
    own = build.failure.location if any(frame.own for frame in build.failure.frames) else None
    frames = build.failure.frames
    trace = "\n".join(f"{frame.file}:{frame.line} in {frame.function}" for frame in frames[-8:])
    return Fault(
        f"{message}: {cause}",
        remedy,
        own or build.location or app_place(facts),
        proof="built it in the application's own interpreter, after the application was loaded",
        details=(("where it was raised", trace),) if trace else (),
    )
