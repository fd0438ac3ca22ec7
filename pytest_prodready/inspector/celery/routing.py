"""Where the app's own router sends each task; nothing is sent."""

from __future__ import annotations

from typing import Any


def routes(app: Any, tasks: dict[str, Any]) -> dict[str, str]:
    """Task name → the queue that the app's own router answers; nothing is sent."""
    found = {name: _queue(app, name, task) for name, task in tasks.items()}
    return {name: queue for name, queue in found.items() if queue}


def _queue(app: Any, name: str, task: Any) -> str:
    """The queue of one task, asked as ``apply_async`` asks for it."""
    try:
        queue = app.amqp.router.route(dict(task._get_exec_options()), name, (), {}, task).get("queue")
        return str(getattr(queue, "name", queue) or "")
    except Exception:
        return ""  # a router of the application's own that wants real arguments, or an unknown queue


def queues(app: Any) -> list[str]:
    """The queues that the app declares, and those that its router has been asked for."""
    try:
        return sorted(str(name) for name in app.amqp.queues)
    except Exception:
        return []
