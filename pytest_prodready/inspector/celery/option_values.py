"""Values of a task's options, each given to the code that uses it at run time: what does it say?

No task is run and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Checks = Iterator[tuple[str, str, str]]
"""Option, what is wrong with it, and the evidence."""

LONGEST = 60
NEED_A_PACKAGE = ("yaml", "msgpack")
"""Serializers that kombu always lists, and whose package may not be installed."""


def of(task: Any, option: str) -> Any:
    """An attribute of a task; ``None`` for one that does not let itself be looked at."""
    try:
        value = getattr(task, option, None)
        isinstance(value, str)  # asks a proxy what it stands for, which may raise anything
    except Exception:
        return None
    return value


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal, as far as they can be compared."""
    try:
        return bool(value == other)
    except Exception:
        return False


def shown(value: object) -> str:
    """A value as a report may show it."""
    if type(value) is str:
        return repr(value if len(value) <= LONGEST else f"{value[:LONGEST]}…")
    return repr(value) if type(value) in (bool, int, float, type(None)) else type(value).__name__


def check_serializer(option: str, name: Any, accepted: Any) -> Checks:
    """One that kombu does not know, or whose content the worker does not accept."""
    if name is None:
        return
    from kombu import serialization

    known = vars(serialization)["registry"].name_to_type
    try:
        if isinstance(name, str) and name in NEED_A_PACKAGE:
            serialization.dumps([], serializer=name)
    except Exception as error:
        yield option, "package", said(error)
        return
    if not isinstance(name, str) or name not in known:
        if not same(name, "raw"):
            yield option, "serializer", ", ".join(sorted(map(str, known)))
        return
    try:
        taken = serialization.prepare_accept_content(accepted)
    except Exception:
        return  # the list itself names something unknown; another serializer may still be taken
    if taken is not None and known[name] not in taken:
        yield option, "content", ", ".join(map(str, accepted))


def check_rate(option: str, value: Any, app: Any) -> Checks:
    """One that the worker cannot parse or count with."""
    if value is None or app.conf.worker_disable_rate_limits:
        return
    from celery.utils.time import rate

    try:
        rate(value) + 0  # a bucket counts with it
    except Exception as error:
        yield option, "rate", said(error)


def check_limits(option: str, soft: Any, hard: Any) -> Checks:
    """A soft limit above the hard one, or what cannot be compared."""
    try:
        if soft and hard and soft > hard:
            yield option, "limits", f"{soft:g} > {hard:g}"
    except Exception as error:
        yield option, "limits", said(error)


def check_queue(app: Any, name: str, task: Any) -> Checks:
    """One that the app's own router does not find."""
    from celery.exceptions import QueueNotFound

    try:
        app.amqp.router.route(dict(task._get_exec_options()), name, (), {}, task)
    except QueueNotFound as error:
        yield "queue", "queue", str(error)
    except Exception:
        return  # a router of the application's own may want real arguments


def check_message(app: Any, name: str, task: Any) -> Checks:
    """``expires``, put into a message as ``apply_async`` does it; the message is dropped."""
    expires = of(task, "expires")
    if expires is None:
        return
    from celery.app.amqp import AMQP

    if type(app.amqp).as_task_v2 is not AMQP.as_task_v2:
        return
    try:
        app.amqp.as_task_v2("prodready", name, (), {}, expires=expires)
    except Exception as error:
        yield "expires", "message", said(error)
        return
    if isinstance(expires, str):  # Celery sends a text as it is; the worker parses it
        from celery.utils.time import maybe_iso8601

        try:
            maybe_iso8601(expires)
        except Exception as error:
            yield "expires", "message", said(error)


def check_compression(name: Any) -> Checks:
    """One that kombu does not know."""
    if name is None:
        return
    from kombu import compression

    try:
        compression.get_encoder(name)
    except (KeyError, TypeError):  # a list has no encoder either
        names = {*compression.encoders(), *vars(compression).get("_aliases", ())}
        yield "compression", "compression", ", ".join(sorted(map(str, names)))


def check_exceptions(option: str, value: Any) -> Checks:
    """``except`` takes classes of exceptions, ``isinstance`` a tuple of classes; both at run time."""
    if value is None:
        return
    if option == "throws" and not isinstance(value, (type, tuple)):
        yield option, "exceptions", f"a {type(value).__name__}"
        return
    for one in value if isinstance(value, (tuple, list, set, frozenset)) else (value,):
        if not isinstance(one, type):
            yield option, "exceptions", shown(one)
        elif not issubclass(one, BaseException):
            yield option, "exceptions", f"the class {one.__name__}"


def check_symbol(option: str, name: Any) -> Checks:
    """A class that the worker imports by its name."""
    if not isinstance(name, str) or name.startswith("celery."):
        return
    from kombu.utils.imports import symbol_by_name

    try:
        symbol_by_name(name)
    except Exception as error:
        yield option, "symbol", said(error)


def said(error: Exception) -> str:
    """An exception as the last line of a traceback."""
    return f"{type(error).__name__}: {error}"
