"""PRD501: the server starts, answers, and stays."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts, Server
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import server_log
from pytest_prodready.rules.health.family import app_place, family, server


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
        server_log.place(log, facts.root) or facts.settings_locations.get("serve") or app_place(facts),
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
