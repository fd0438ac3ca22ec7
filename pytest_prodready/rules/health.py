"""PRD5xx: the server starts, and its endpoints answer what they must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import Answer, Expectation, Facts, Location, Route, Server
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules import answers as judged
from pytest_prodready.rules import server_error, server_log

family = Family("health")

NOT_PROBED = "the endpoints were not probed"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: what it must answer, and what it did."""

    expectation: Expectation
    answers: tuple[Answer, ...] = ()
    """To the full request, then those without a header; empty when it was not asked."""


@family.kind("server", "servers", needs=("web", "health"), late=True)
def server(facts: Facts) -> Iterator[Subject[Server | None]]:
    """The server under probe, where there is something to serve."""
    if not _something_to_probe(facts):
        return
    if facts.health is None:
        yield Subject("server", None, skipped=NOT_PROBED)
    else:
        yield Subject(
            "server", facts.health.server, skipped=facts.health.server.skipped, location=_app_place(facts)
        )


@family.kind("endpoint", "endpoints", needs=("web", "health"), late=True)
def endpoint(facts: Facts) -> Iterator[Subject[Endpoint]]:
    """Every endpoint that is configured or was found, by its path."""
    answered = _by_expectation(facts)
    for at, (name, expectation) in enumerate(
        zip(_names(facts.expectations), facts.expectations, strict=True)
    ):
        if expectation.location is None:
            expectation = replace(expectation, location=_app_place(facts))
        value = Endpoint(expectation, answered[at] if at < len(answered) else ())
        skipped = _not_asked(facts)
        errored = "" if skipped else _not_judged(value, _routes(facts))
        yield Subject(name, value, skipped, errored, expectation.location)


@family.rule(
    "PRD501",
    "server-does-not-start",
    server,
    checks="The server starts on a free port, answers, and stays until it is stopped.",
    reason="A server that does not come up is restarted for ever, or the deploy is rolled back.",
    remedy="Run the command that is shown, and correct what its log says.",
)
def does_not_start(seen: Server | None, facts: Facts) -> Iterator[Fault]:
    """PRD501."""
    if seen is None or seen.failure is None:
        return
    failure = seen.failure
    if seen.url and not seen.command:
        yield Fault(
            f"nothing answers at {seen.url}: {failure.message}",
            "Check the URL, and that the instance runs and can be reached from here.",
            proof=f"sent requests to {seen.url}",
        )
        return
    log = failure.output or seen.log
    cause = server_log.error_line(log)
    began = "the server started, but" if seen.started else "the server did not start:"
    details = [("command", seen.command)] if seen.command else []
    if log.strip():
        details.append(("last lines of its log", server_log.last_lines(log)))
    yield Fault(
        f"{began} {failure.message}" + (f": {cause}" if cause else ""),
        _start_remedy(failure.how),
        server_log.place(log, facts.root) or facts.settings_locations.get("serve") or _app_place(facts),
        proof=_start_proof(seen),
        details=tuple(details),
    )


def _start_proof(seen: Server) -> str:
    if not seen.command:
        return ""
    return f"ran {seen.command}" + (f", asked {seen.attempts} times" if seen.attempts > 1 else "")


def _start_remedy(how: str) -> str:
    if how == "left":
        return "Keep the server in the foreground: no --daemon, no & behind it."
    if how == "hung":
        return 'Let the command listen on {port}: serve = "… --port {port}", or raise the limit of serve.'
    return ""


@family.rule(
    "PRD502",
    "wrong-status",
    endpoint,
    checks="Each endpoint answers with the status that is expected of it; a found one with a success.",
    reason="A probe that fails keeps new instances out of the load balancer, or restarts those that run.",
    remedy="Correct the endpoint, or the status that is expected.",
)
def wrong_status(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD502."""
    if seen.answers:
        for fault in judged.wrong_status(seen.expectation, seen.answers, _routes(facts), _is_django(facts)):
            failing = (seen.answers[0].status or 0) >= 500
            yield server_error.with_traceback(fault, seen.expectation, facts) if failing else fault


@family.rule(
    "PRD503",
    "wrong-body",
    endpoint,
    checks="The body contains the JSON that is expected; that of a found endpoint does not say 'not ready'.",
    reason="An endpoint that answers 200 whatever happens, or a page for unknown paths, passes every probe.",
    remedy="Correct the endpoint's body, or the json that is expected.",
)
def wrong_body(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD503."""
    if seen.answers:
        yield from judged.wrong_body(seen.expectation, seen.answers)


@family.rule(
    "PRD505",
    "missing-route",
    endpoint,
    checks="Each endpoint that the settings name is a route of the application.",
    reason="A router that is not included any more is missed by nobody before probes or clients ask.",
    remedy="Register the route, or correct the path.",
)
def missing_route(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD505."""
    if seen.answers:
        yield from judged.missing_route(seen.expectation, seen.answers, _routes(facts))


@family.rule(
    "PRD506",
    "protected-endpoint-open",
    endpoint,
    checks="An endpoint refuses a request, with 401 or 403, when a header of refuse_without is left out.",
    reason="An endpoint that lost its guard answers everybody, and nothing fails.",
    remedy="Check the credential before anything else is done.",
)
def protected_endpoint_open(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD506."""
    if seen.answers:
        yield from judged.open_endpoint(seen.expectation, seen.answers, _routes(facts))


def _something_to_probe(facts: Facts) -> bool:
    return bool(facts.entry("web") or facts.url or facts.expectations or "serve" in facts.settings_locations)


def _names(expectations: tuple[Expectation, ...]) -> list[str]:
    """A name for each: its path, with the method where one path has several, numbered where needed."""
    methods: dict[str, set[str]] = {}
    for one in expectations:
        methods.setdefault(one.path, set()).add(one.method)
    seen: Counter[str] = Counter()
    names = []
    for one in expectations:
        name = f"{one.method} {one.path}" if len(methods[one.path]) > 1 else one.path
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


def _by_expectation(facts: Facts) -> list[tuple[Answer, ...]]:
    """The answers in groups, one for each expectation: a full request begins a group."""
    groups: list[list[Answer]] = []
    for answer in facts.health.answers if facts.health else ():
        if not answer.without:
            groups.append([])
        groups[-1].append(answer)
    return [tuple(group) for group in groups]


def _not_asked(facts: Facts) -> str:
    """Why no endpoint was asked; empty when they were."""
    if facts.health is None:
        return NOT_PROBED
    seen = facts.health.server
    if seen.skipped or seen.started:
        return seen.skipped
    return f"nothing answers at {seen.url}" if seen.url and not seen.command else "the server did not start"


def _not_judged(seen: Endpoint, routes: tuple[Route, ...] | None) -> str:
    """Why an endpoint could not be judged; empty when it can, or when what was asked is fault enough."""
    if not seen.answers:
        return f"{seen.expectation.path} was not asked"
    if judged.check_expectation(seen.expectation, seen.answers, routes):
        return ""
    for answer in seen.answers:
        if answer.unset:
            return f"{answer.unset} is not set, which a header of {seen.expectation.path} needs"
        if answer.error:
            return f"{seen.expectation.path} was not answered without {answer.without}: {answer.error}"
    return ""


def _routes(facts: Facts) -> tuple[Route, ...] | None:
    web = facts.entry("web")
    return web.app.routes if web is not None and web.app is not None else None


def _is_django(facts: Facts) -> bool:
    web = facts.entry("web")
    if web is None:
        return False
    return bool(web.entry.settings_module) or (web.app is not None and web.app.type.startswith("django."))


def _app_place(facts: Facts) -> Location | None:
    web = facts.entry("web")
    if web is None:
        return None
    return (web.app.location if web.app is not None else None) or web.entry.location
