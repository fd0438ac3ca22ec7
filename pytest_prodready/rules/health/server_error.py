"""An endpoint that answers with a server's error: what the server's log says of it, and where."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import Expectation, Facts
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import server_log


def with_traceback(fault: Fault, expectation: Expectation, facts: Facts) -> Fault:
    """``fault`` with the traceback that belongs to it, and at the application's innermost line there.

    A traceback belongs to the endpoint when its handler is in it, or when no other endpoint failed. What the
    settings name stays at its line of the settings.
    """
    health = facts.health
    handler = _handler(expectation, facts)
    found = server_log.tracebacks(health.server.log) if health is not None else []
    own = [traceback for traceback in found if server_log.runs(traceback, handler)]
    answers = health.answers if health is not None else ()
    failed = [answer.status for answer in answers if not answer.without and (answer.status or 0) >= 500]
    shown = own or (found if len(failed) == 1 else [])
    if not shown:
        return fault
    block = ("the server's log", server_log.last_lines(shown[-1]))
    # what nobody caught is the last that was written; a deliberate 503 may have logged nothing
    sure = bool(own) or failed == [500]
    place = server_log.place(shown[-1], facts.root) if sure and expectation.found else None
    return replace(fault, details=(*fault.details, block), location=place or fault.location)


def _handler(expectation: Expectation, facts: Facts) -> str:
    """The name of the function that serves the path, as far as the route tells it."""
    web = facts.entry("web")
    routes = (web.app.routes if web is not None and web.app is not None else None) or ()
    path = expectation.path.partition("?")[0]
    names = (route.endpoint for route in routes if "/" + route.path.lstrip("/") == path)
    return next(names, "").rpartition(".")[2]
