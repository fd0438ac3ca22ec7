"""PRD508: the server leaves when it is told to, and lets nobody down meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_prodready.facts import Facts, Location, Stop
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.health import first_process, server_log, stacks
from pytest_prodready.rules.health.family import (
    NOT_PROBED,
    app_place,
    family,
    lost,
    not_asked,
    something_to_probe,
)
from pytest_prodready.wording import listed

DOCKER = 10.0
"""Seconds after which ``docker stop`` and compose kill."""
_POLITE = (0, -15, 143, -2, 130)
"""Exit statuses of who leaves on SIGTERM: by itself, by that signal or SIGINT, and as a shell says it."""
_CRASHES = {-4: "SIGILL", -6: "SIGABRT", -7: "SIGBUS", -8: "SIGFPE", -11: "SIGSEGV"}
_RAISED = re.compile(
    r"Application shutdown failed|Lifespan failure in shutdown|LifespanFailureError|Lifespan shutdown error"
    r"|lifespan shutdown error|the shutdown failed:"
    r"|Error in atexit\._run_exitfuncs|ignored in atexit callback"
)
_DEVELOPMENT = re.compile(r"\brunserver\b|\bflask\b.* run\b")
_LAST_WORDS = (
    ("Waiting for application shutdown", "Application shutdown complete", "its lifespan has not ended"),
    ("Waiting for background tasks", "Waiting for application", "its background tasks have not ended"),
    ("Waiting for connections to close", "Waiting for", "connections are still open"),
    ("Worker exiting", "Shutting down: Master", "a worker does not come to its end"),
)
"""What uvicorn and gunicorn write when they begin to wait, what afterwards, and what that means."""
_DUMP_LINES = 40


@family.kind("shutdown", "shutdowns", needs=("web", "health", "stop"), late=True)
def shutdown(facts: Facts) -> Iterator[Subject[Stop | None]]:
    """The end of the server, where the gate starts one."""
    if facts.url or not something_to_probe(facts):
        return
    stop = facts.health.stop if facts.health else None
    reason, broken = not_asked(facts), lost(facts, "stop")
    if not reason and stop is None:
        failed = facts.health is not None and facts.health.server.failure is not None
        reason = "the server left before it was told to" if failed else NOT_PROBED
    yield Subject("shutdown", stop, reason, broken, app_place(facts))


@family.rule(
    "PRD508",
    "does-not-stop",
    shutdown,
    checks="On SIGTERM the server answers what is in flight and leaves in time, with all its processes.",
    reason="At each deploy the old version is told to leave: what it does not finish by then is cut off.",
    remedy="Let the process that is started handle SIGTERM, and end what it has begun.",
)
def does_not_stop(seen: Stop | None, facts: Facts) -> Iterator[Fault]:
    """PRD508."""
    if seen is None or facts.health is None:
        return
    yield from first_process.behind_a_shell(seen, facts.health.server)
    if not seen.left:
        yield _stays(seen, facts)
        return
    if seen.leftovers:
        yield _left_behind(seen, facts)
        return
    yield from _cut_off(seen, facts)
    yield from _fails_at_the_end(seen, facts)
    yield from first_process.without_handler(seen, facts.health.server)
    if seen.seconds > DOCKER:
        yield Fault(
            f"the server took {seen.seconds:.0f} s to leave after SIGTERM",
            "Shorten it, or give it the time: stop_grace_period in compose, docker stop --time.",
            app_place(facts),
            proof=f"{_proof(facts)}; docker stop kills after {DOCKER:g} s unless it is told otherwise",
            level=Level.INFO,
        )


def _stays(seen: Stop, facts: Facts) -> Fault:
    """It did not leave within the limit."""
    standing, thread = stacks.waiting(seen.stacks, facts.root)
    place = standing.location if standing else None
    cause, remedy = "", ""
    if seen.idle_held:
        cause = ": it waits until connections over which nothing is asked any more are closed"
        remedy = "Let the server close idle connections when it stops: newer releases of it do."
        place = _command_place(facts)
    elif seen.shell:
        cause = f": {seen.shell}, which was started, does not pass the signal on to it"
        remedy = "Write exec in front of the server."
        place = _command_place(facts)
    elif standing and thread:
        cause = f": a thread that is no daemon stands in {standing.function}"
        remedy = "Let the thread end when the application does, or make it a daemon."
    elif standing:
        cause = f": it stands in {standing.function}"
    elif words := _last_words(seen.log):
        cause = f": {words}"
    elif seen.handled is False:
        cause = ": it has no handler for the signal"
    if seen.in_flight is not None and seen.in_flight.error and not seen.not_in_flight:
        cause += f", and GET {seen.in_flight.path} was not answered"
        remedy = remedy or "Let it be answered sooner, or set the limit stop to production's grace period."
    return Fault(
        f"the server had not left {seen.limit:g} s after SIGTERM{cause}",
        remedy,
        place or app_place(facts),
        proof=f"{_proof(facts)}, and killed it in the end",
        details=(*_details(seen, facts), *_stacks(seen, standing)),
    )


def _left_behind(seen: Stop, facts: Facts) -> Fault:
    """What was started has left, and others have not."""
    serving = [one.command for one in seen.leftovers if one.listens]
    commands = serving or [one.command for one in seen.leftovers]
    named = listed(commands, 3)
    details = (("what was left", "\n".join(commands)), *_details(seen, facts))
    if serving and seen.shell:
        return Fault(
            f"SIGTERM reaches {seen.shell} and not the server behind it, which goes on: {named}",
            "Write exec in front of the server, or start it without a shell.",
            _command_place(facts),
            proof=_proof(facts),
            details=details,
        )
    if serving:
        return Fault(
            f"what was started has left on SIGTERM, and its port is still open: {named} goes on",
            "Let the process that is started wait for its children, and pass the signal on to them.",
            _command_place(facts),
            proof=_proof(facts),
            details=details,
        )
    number = f"{len(commands)} process{'' if len(commands) == 1 else 'es'}"
    return Fault(
        f"the server has left, and {number} that it had started did not: {named}",
        "End them in the shutdown of the application, and wait for them.",
        app_place(facts),
        proof=_proof(facts),
        details=details,
        # a program that was merely called may go on by itself, as gpg-agent does
        level=None if any(one.own for one in seen.leftovers) else Level.WARNING,
    )


def _cut_off(seen: Stop, facts: Facts) -> Iterator[Fault]:
    """What became of the request that was in flight."""
    answer = seen.in_flight
    if answer is None:
        return
    place = facts.settings_locations.get("health") or app_place(facts)
    if seen.not_in_flight or (answer.status is not None and 400 <= answer.status < 500):
        said = seen.not_in_flight or f"it was answered with {answer.status}"
        yield Fault(
            f"GET {answer.path} was not in flight while the server was stopped: {said}",
            "Name a path in slow that is answered to GET, and that takes a second or more.",
            place,
            proof=_proof(facts),
            level=Level.WARNING,
        )
    elif answer.error or (answer.status or 0) >= 500:
        said = answer.error or f"it was answered with {answer.status}"
        development = _development(facts)
        chosen = _chosen(facts) if answer.error else ""
        if chosen:
            remedy = (
                f"Write the server of production as serve: nothing says which it is, the gate took {chosen}."
            )
        elif development or seen.handled is False:
            remedy = "Production needs a server that finishes what it has begun, such as uvicorn or gunicorn."
        else:
            remedy = "Let the server finish what it has begun before it leaves, within its grace period."
        yield Fault(
            f"GET {answer.path}, which was in flight when SIGTERM came, was cut off: {said}",
            remedy,
            place if chosen else _command_place(facts),
            proof=f"{_proof(facts)} once the server had read the request",
            details=_details(seen, facts),
            level=Level.WARNING if development or chosen else None,
        )


def _fails_at_the_end(seen: Stop, facts: Facts) -> Iterator[Fault]:
    """It left, and something went wrong while it did."""
    crash = _CRASHES.get(seen.status or 0)
    raised = _RAISED.search(seen.log)
    if raised:
        cause = server_log.error_line(seen.log)
        yield Fault(
            "the application raised while it was shut down" + (f": {cause}" if cause else ""),
            "Correct what fails there: nothing behind it is closed any more.",
            server_log.place(seen.log, facts.root) or app_place(facts),
            proof=_proof(facts),
            details=_details(seen, facts),
        )
    elif crash or seen.status not in _POLITE:
        how = f"it was ended by {crash}" if crash else f"it left with status {seen.status}"
        yield Fault(
            f"the server did not leave in order on SIGTERM: {how}",
            "Leave with status 0, or by the signal itself: any other counts as a failure where it is run.",
            app_place(facts),
            proof=_proof(facts),
            details=_details(seen, facts),
            level=Level.WARNING,
        )


def _last_words(log: str) -> str:
    for begun, over, meaning in _LAST_WORDS:
        _, found, after = log.rpartition(begun)
        if found and over not in after:
            return meaning
    return ""


def _details(seen: Stop, facts: Facts) -> tuple[tuple[str, str], ...]:
    assert facts.health is not None
    found = [("command", facts.health.server.command)]
    if seen.log.strip():
        found.append(("what it wrote after the signal", server_log.last_lines(seen.log)))
    return tuple(found)


def _stacks(seen: Stop, standing: stacks.Standing | None) -> tuple[tuple[str, str], ...]:
    """Where its threads stood, if that tells anything of the application."""
    shown = "\n".join(seen.stacks.splitlines()[:_DUMP_LINES])
    return (("where its threads stood", shown),) if standing else ()


def _proof(facts: Facts) -> str:
    assert facts.health is not None
    return f"ran {facts.health.server.command}, sent SIGTERM to that process alone"


def _development(facts: Facts) -> bool:
    assert facts.health is not None
    return bool(_DEVELOPMENT.search(facts.health.server.command))


def _chosen(facts: Facts) -> str:
    """The server, where it is the gate's choice and may cut off by itself what is in flight.

    uvicorn does not, as it is started without options: there it is the application's doing.
    """
    assert facts.health is not None
    chosen = facts.health.server.chosen
    return "" if chosen.startswith("uvicorn ") else chosen


def _command_place(facts: Facts) -> Location | None:
    written = facts.health.server.location if facts.health is not None else None
    return written or facts.settings_locations.get("serve") or app_place(facts)
