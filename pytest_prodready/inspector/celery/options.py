"""A task's own options, given to the code that uses them at run time: what does it say to each?

No task is run and nothing is sent. What comes from the configuration is looked at once, not for each task.
"""

from __future__ import annotations

import ast
import inspect
import os
from types import FunctionType, MethodType
from typing import Any

from ..nodes import walk
from ..project import Project
from . import option_values as values
from . import registry, source, takes
from .option_names import Readers, check_names
from .passing_on import passes_on

Facts = dict[str, Any]
CONFIGURED = {
    "serializer": "task_serializer",
    "rate_limit": "task_default_rate_limit",
    "time_limit": "task_time_limit",
    "soft_time_limit": "task_soft_time_limit",
}
"""Options that Celery takes from the configuration where the task has none."""
DECODING = ("redis", "rediss", "rpc", "amqp", "cache", "memcache", "sentinel")
"""Result backends that read with ``accept_content`` what they have written with ``result_serializer``."""
AWAITING = ("aio", "async", "gevent")
"""Parts of the names of worker pools that may await a coroutine."""


def of_task(app: Any, name: str, task: Any, project: Project, readers: Readers) -> list[Facts]:
    """A ``TaskOption`` for each option that is refused, or that does nothing.

    Args:
        app: the loaded app.
        name: the task's name.
        task: as it is registered.
        project: the application.
        readers: looks for names that the application's source reads.
    """
    found = [*_refused(app, name, task), *_body(app, task), *check_names(task, readers)]
    return [
        {
            "name": option,
            "value": values.shown(values.of(task, option)),
            "problem": problem,
            "detail": detail,
            "location": _line(task, option, project),
        }
        for option, problem, detail in found
    ]


def of_configuration(app: Any) -> list[Facts]:
    """A ``TaskOption`` for each key of the configuration that fails every task that has no own value."""
    conf = app.conf
    found = [
        *values.check_serializer("task_serializer", conf.task_serializer, conf.accept_content),
        *values.check_rate("task_default_rate_limit", conf.task_default_rate_limit, app),
        *values.check_limits("task_soft_time_limit", conf.task_soft_time_limit, conf.task_time_limit),
    ]
    if str(conf.result_backend).startswith(DECODING):
        accepted = conf.result_accept_content or conf.accept_content
        found += values.check_serializer("result_serializer", conf.result_serializer, accepted)
    return [
        {
            "name": key,
            "value": values.shown(conf.get(key)),
            "problem": problem,
            "detail": detail,
            "location": None,
        }
        for key, problem, detail in found
    ]


def _refused(app: Any, name: str, task: Any) -> values.Checks:
    conf = app.conf

    def own(option: str) -> Any:
        value = values.of(task, option)
        return None if values.same(value, conf.get(CONFIGURED.get(option, ""))) else value

    yield from values.check_serializer("serializer", own("serializer"), conf.accept_content)
    yield from values.check_rate("rate_limit", own("rate_limit"), app)
    if own("time_limit") is not None or own("soft_time_limit") is not None:
        soft, hard = values.of(task, "soft_time_limit"), values.of(task, "time_limit")
        yield from values.check_limits("soft_time_limit", soft, hard)
    if not conf.task_create_missing_queues:
        yield from values.check_queue(app, name, task)
    yield from values.check_message(app, name, task)
    yield from values.check_compression(values.of(task, "compression"))
    for option in ("autoretry_for", "dont_autoretry_for", "throws"):
        yield from values.check_exceptions(option, values.of(task, option))
    for option in ("max_retries", "default_retry_delay", "priority"):
        value = values.of(task, option)
        if value is not None and not isinstance(value, (int, float)):
            yield option, "number", type(value).__name__
    for option in ("Request", "Strategy"):
        yield from values.check_symbol(option, getattr(type(task), option, None))


def _body(app: Any, task: Any) -> values.Checks:
    """What a worker calls for the task."""
    from celery.app.task import Task

    cls = type(task)
    if not passes_on(cls, Task) or str(getattr(cls, "Strategy", "")) != str(Task.Strategy):
        return  # it may well call something else
    if cls.run is Task.run and "run" not in vars(task):
        yield "run", "run", cls.__name__
        return
    run = values.of(task, "run")
    if type(run) is MethodType and type(run.__func__) is FunctionType:
        # of a wrapper that may take the task and not pass it on, its own code counts
        code = (takes.body(run) or run.__func__).__code__
        if not code.co_argcount and not code.co_flags & inspect.CO_VARARGS:
            yield "bind", "self", ""
    pools = f"{app.conf.worker_pool} {os.environ.get('CELERY_CUSTOM_WORKER_POOL', '')}".lower()
    if inspect.iscoroutinefunction(run) and not any(part in pools for part in AWAITING):
        yield "run", "coroutine", ""


def _line(task: Any, option: str, project: Project) -> Facts | None:
    function = registry.main_function(task, project)
    if function is None or not project.owns_file(function.__code__.co_filename):
        return None
    file = function.__code__.co_filename
    lines = source.of(file, "options", _written) or {}
    place = (function.__code__.co_firstlineno, function.__code__.co_name)
    cls = str(function.__qualname__).rpartition(".")[0].rpartition(".")[2]
    line = lines.get(place, {}).get(option) or lines.get(cls, {}).get(option)
    return project.location(file, line) if line else None


def _written(tree: ast.Module) -> dict[Any, dict[str, int]]:
    """The lines of the keywords of decorators, by (first line, name), and of class attributes, by class."""
    found: dict[Any, dict[str, int]] = {}
    for node in walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.decorator_list:
            first = min(one.lineno for one in node.decorator_list)
            found[first, node.name] = {
                keyword.arg: keyword.value.lineno
                for one in node.decorator_list
                if isinstance(one, ast.Call)
                for keyword in one.keywords
                if keyword.arg
            }
        elif isinstance(node, ast.ClassDef):
            found[node.name] = {
                target.id: statement.lineno
                for statement in node.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
    return found
