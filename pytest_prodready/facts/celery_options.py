"""What a task's own options come to where Celery, kombu or Python itself uses them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class TaskOption:
    """An option of a task, or of all tasks in the configuration, that does not do what it is there for."""

    name: str
    """``rate_limit``, or the key of the configuration, ``task_default_rate_limit``."""
    value: str
    """As it may be shown; the name of its type where it is neither a text nor a number."""
    problem: str
    """What is wrong, one of :data:`PROBLEMS`."""
    detail: str = ""
    """What was raised or looked up in vain; for names, what there is instead."""
    location: Location | None = None
    """The line that gives the option, where the source tells it."""


PROBLEMS = (
    "serializer",  # kombu knows none of this name
    "package",  # kombu knows the name, and the package that it needs is not installed
    "content",  # the worker's accept_content does not have what this serializer makes
    "rate",  # celery.utils.time.rate raised
    "message",  # Celery's own code that makes the message raised
    "limits",  # the soft limit does not come before the hard one
    "queue",  # the app's router raised QueueNotFound
    "compression",  # kombu knows none of this name
    "exceptions",  # no exception classes, where Python needs some
    "number",  # no number, where Celery counts with it
    "symbol",  # the name of a class that does not import
    "run",  # there is no run method
    "self",  # bind=True gives the function one argument more than it takes
    "coroutine",  # a coroutine function, which nothing awaits
    "hides",  # it takes the place of a method
    "unused",  # Celery keeps it as an attribute and never reads it, and neither does the application
)
