"""PRD501: the server starts, answers, and stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_prodready.facts import Facts, Server
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.health import instance, server_log
from pytest_prodready.rules.health.family import app_place, family, server

_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)")
_PROCFILE = re.compile(r"(^|/)Procfile$")


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
    if seen is None:
        return
    if seen.url and not seen.command:
        yield from instance.faults(seen)
        return
    failure = seen.failure
    if failure is None:
        yield from _another_server(seen)
        return
    log = failure.output or seen.log
    cause = server_log.error_line(log)
    began = "the server started, but" if seen.started else "the server did not start:"
    details = [("command", seen.command)] if seen.command else []
    if log.strip():
        details.append(("last lines of its log", server_log.last_lines(log)))
    details += _own_command(seen)
    place = seen.location or facts.settings_locations.get("serve") or app_place(facts)
    yield Fault(
        f"{began} {failure.message}" + (f": {cause}" if cause else ""),
        _start_remedy(seen, failure.how, log, facts),
        server_log.place(log, facts.root) or place,
        proof=_start_proof(seen),
        details=tuple(details),
        level=Level.WARNING if _loads_settings_first(seen) else None,
    )


def _loads_settings_first(seen: Server) -> bool:
    """Whether it is Django's own server, as the gate chose it: production's begins with the app's module.

    What that one does for the settings, a directory on ``sys.path`` or a variable, has not been done then.
    """
    return seen.chosen.startswith("django ") and not seen.started


def _another_server(seen: Server) -> Iterator[Fault]:
    """The program of a Procfile is not there: what installs the gate's target installs production's, too.

    Of an image it may be installed apart from the requirements.
    """
    own = seen.passed_over
    if own is not None and own.missing and own.location is not None and _PROCFILE.search(own.location.file):
        yield Fault(
            f"{own.source} starts {own.program}, which is not installed in the target; "
            "another server stood in for it",
            f"Add {own.program} to the runtime requirements.",
            own.location,
            proof=f"looked for {own.program} in the target; ran {seen.command}",
            level=Level.WARNING,
        )


def _own_command(seen: Server) -> list[tuple[str, str]]:
    """What became of the project's own command, where it is not all that was run."""
    found = []
    if seen.passed_over is not None:
        own = seen.passed_over
        found.append(("not started", f"{own.program} ({own.source}): it {own.reason}"))
    if seen.left_out:
        found.append((f"not run of {seen.source}", "\n".join(seen.left_out)))
    return found


def _start_proof(seen: Server) -> str:
    if not seen.command:
        return ""
    return f"ran {seen.command}" + (f", asked {seen.attempts} times" if seen.attempts > 1 else "")


def _start_remedy(seen: Server, how: str, log: str, facts: Facts) -> str:
    """What to do; empty where the rule's own says it: to correct what the log says."""
    missing = _MISSING.match(server_log.error_line(log))
    if missing and missing[1] not in facts.packages:
        return f"Add what provides {missing[1]} to the runtime requirements: the server needs it."
    if how == "left":
        return "Keep the server in the foreground: no --daemon, no & behind it."
    return _silent_remedy(seen, log) if how == "hung" else ""


def _silent_remedy(seen: Server, log: str) -> str:
    """Of a server that goes on and does not answer: the port is to blame where nothing speaks against it."""
    given = seen.source != "serve"  # the gate itself has put the port into any other command
    if server_log.tells_of_errors(log) and (given or not seen.elsewhere):
        return "Correct what the last lines of its log say, or raise the limit of serve if it needs longer."
    if seen.accepted or (given and not seen.elsewhere):
        return (
            "See what it waits for before its first answer, or raise the limit of serve if it needs longer."
        )
    return 'Let the command listen on {port}: serve = "… --port {port}", or raise the limit of serve.'
