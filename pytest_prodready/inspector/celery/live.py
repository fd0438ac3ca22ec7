"""The live workers of the loaded app, asked over the remote control of its own broker.

What ``celery inspect registered``, ``active_queues`` and ``report`` ask. No task is sent and no queue of the
application's is touched: remote control has a queue of its own for the replies, which goes with the
connection.
"""

from __future__ import annotations

import platform
import re
import sys
import threading
from typing import Any

from . import broker, registry, routing

Facts = dict[str, Any]

GRACE = 1.0
"""Seconds that a driver gets beyond the limit to report its own timeout."""
QUIET = 2.0
"""Seconds without a further answer after which nobody else is awaited; less under a shorter limit."""
SOFTWARE = re.compile(r"software -> celery:(\S+).*?kombu:(\S+).*?py:(\d+\.\d+)", re.DOTALL)
"""The first lines of Celery's report; what stands behind them, the worker's settings, is not looked at."""


def ask(app: Any, limit: float) -> Facts:
    """The ``Live`` facts of ``app``.

    Args:
        app: the loaded app.
        limit: seconds for connecting and for all answers.
    """
    answer: Facts = {
        "broker": "",
        "waited": min(QUIET, limit / 5),
        "destinations": _destinations(app),
        "software": _own_software(),
    }
    try:
        answer["broker"] = broker.address(app)
    except Exception as error:  # an address that kombu cannot read
        return {**answer, **broker.explain(error, limit)}
    if not app.conf.worker_enable_remote_control:
        detail = "worker_enable_remote_control is off, so the workers answer no question"
        return {**answer, "problem": "unsupported", "detail": detail}
    return {**answer, **_within(app, limit, answer["waited"])}


def _within(app: Any, limit: float, quiet: float) -> Facts:
    """Ask in a thread of its own: the drivers' own limits do not cover every way to hang."""
    answers: list[Facts] = []

    def work() -> None:
        try:
            with broker.connection(app, limit) as connection:
                answers.append({"workers": _workers(app, connection, quiet)})
        except BaseException as error:  # whatever a driver raises is an answer; nobody waits for this thread
            answers.append(broker.explain(error, limit))

    thread = threading.Thread(target=work, name="prodready-live", daemon=True)
    thread.start()
    thread.join(limit + GRACE)
    return answers[0] if answers else broker.explain(TimeoutError(), limit)


def _workers(app: Any, connection: Any, quiet: float) -> list[Facts]:
    mailbox = app.control.mailbox(connection)
    mailbox._producer_pool = None  # else the question goes over the application's own pool, without a limit
    found: dict[str, Facts] = {}
    for name, names in _answers(mailbox.multi_call("registered", timeout=quiet)):
        worker = found.setdefault(name, {"name": name, "answers": 0, "tasks": []})
        worker["answers"] += 1
        # each is followed by its rate limit and the like
        worker["tasks"] = sorted({*worker["tasks"], *(str(task).partition(" [")[0] for task in names)})
    everybody = [name for name, worker in found.items() for _ in range(worker["answers"])]
    for name, queues in _from_each(mailbox, "active_queues", everybody, quiet):
        found[name].setdefault("queues", []).extend(map(_queue, queues))
    for name, report in _from_each(mailbox, "report", everybody, quiet):
        versions = SOFTWARE.search(str(report.get("ok", "")))
        if versions:
            found[name]["software"] = dict(zip(("celery", "kombu", "Python"), versions.groups(), strict=True))
    return [found[name] for name in sorted(found)]


def _from_each(mailbox: Any, command: str, names: list[str], quiet: float) -> list[tuple[str, Any]]:
    """The answers of the workers ``names``.

    Each question waits for as many answers: where a late one to another came between, who is missing is asked
    once more.
    """
    if not names:
        return []
    found = [one for one in _answers(mailbox.call(names, command, timeout=quiet)) if one[0] in names]
    missing = sorted({*names} - {name for name, _ in found})
    if missing:
        found += [one for one in _answers(mailbox.call(missing, command, timeout=quiet)) if one[0] in missing]
    return found


def _answers(replies: Any) -> list[tuple[str, Any]]:
    """(node name, answer) of each reply that is no error."""
    return [
        (str(name), answer)
        for reply in replies or ()
        for name, answer in reply.items()
        if not (isinstance(answer, dict) and "error" in answer)
    ]


def _queue(declared: Any) -> Facts:
    exchange = declared.get("exchange") or {}
    return {
        "name": str(declared.get("name") or ""),
        "exchange": str(exchange.get("name") or ""),
        "kind": str(exchange.get("type") or ""),
        "routing_key": str(declared.get("routing_key") or ""),
    }


def _destinations(app: Any) -> list[Facts]:
    declared = app.amqp.queues
    found = []
    for name in sorted({*routing.routes(routing.asked(app), registry.own(app)).values()}):
        queue = dict.get(declared, name) or declared.aliases.get(name)
        exchange = getattr(queue, "exchange", None)
        found.append(
            {
                "name": name,
                "exchange": str(getattr(exchange, "name", "") or ""),
                "kind": str(getattr(exchange, "type", "") or ""),
                "routing_key": str(getattr(queue, "routing_key", "") or ""),
            }
        )
    return found


def _own_software() -> dict[str, str]:
    python = ".".join(platform.python_version_tuple()[:2])
    return {"celery": _version("celery"), "kombu": _version("kombu"), "Python": python}


def _version(package: str) -> str:
    return str(sys.modules[package].__version__)
