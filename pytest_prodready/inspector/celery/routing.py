"""Where the app's own router sends each task; nothing is sent."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..project import Project, source_file
from ..sources import is_a
from . import registry, source
from .queue_names import OPTIONS, Written

Facts = dict[str, Any]


def declared(app: Any) -> dict[str, Any]:
    """Name → queue that a worker consumes if it names none; to be asked before anything else is routed."""
    try:
        return {str(queue.alias or name): queue for name, queue in dict.items(app.amqp.queues)}
    except Exception:
        return {}


def asked(app: Any) -> dict[str, dict[str, Any]]:
    """Task name → the options with which its messages are published, of Celery's own tasks, too."""
    return {str(name): _asked(app, str(name), task, {}) for name, task in dict.items(app.tasks)}


def routes(answers: dict[str, dict[str, Any]], tasks: dict[str, Any]) -> dict[str, str]:
    """Task name → the queue that the app's own router answers; ``answers`` are those of :func:`asked`."""
    found = {name: _name(answers.get(name, {}).get("queue")) for name in tasks}
    return {name: queue for name, queue in found.items() if queue}


def queues(app: Any) -> list[str]:
    """The queues that the app declares, and those that its router has been asked for."""
    try:
        return sorted(str(name) for name in app.amqp.queues)
    except Exception:
        return []


def inspect(
    app: Any,
    tasks: dict[str, Any],
    beat: list[Facts],
    consumed: dict[str, Any],
    answers: dict[str, dict[str, Any]],
    project: Project,
) -> Facts:
    """The ``Routing`` of a loaded app.

    Args:
        app: the loaded app.
        tasks: the application's tasks by name.
        beat: its beat entries, as facts.
        consumed: what :func:`declared` gave.
        answers: what :func:`asked` gave.
        project: the application.
    """
    conf = app.conf
    written = Written(project)
    routers = _Routers(app)
    reached: set[str] = set()
    destinations: list[Facts] = []
    for name, options in sorted(answers.items()):
        bound = _bound(app, options)
        reached.update(bound)
        if name in tasks and len(bound) == 1:
            destinations.append(_of_task(name, tasks[name], bound[0], routers, written))
    schedule = {str(key): entry for key, entry in conf.beat_schedule.items()} if beat else {}
    for entry in beat:
        sent = _own_options(schedule.get(entry["name"]))
        task = dict.get(app.tasks, entry["task"])
        if _chooses(sent):
            bound = _bound(app, _asked(app, entry["task"], task, sent))
            reached.update(bound)
            if len(bound) == 1 and task is not None:
                place = entry["location"]
                destinations.append(_fact(entry["task"], bound[0], "entry", entry["name"], place))
    default = _name(conf.task_default_queue)
    return {
        "destinations": destinations,
        "reached": sorted(reached),
        "declared": sorted(consumed) or [default],
        "names": {_name(queue.name): name for name, queue in consumed.items() if _name(queue.name) != name},
        "default": default,
        "create_missing": bool(conf.task_create_missing_queues),
        "lines": {
            name: project.location(*place)
            for name in {*consumed, default}
            if (place := written.declared.get(name) or written.default.get(name))
        },
        "mentioned": sorted(written.mentioned),
        "computed": written.computed or routers.computed,
        "chosen": written.chosen,
        "consumes_more": written.starts_workers,
        "patterns": [*_patterns(app, routers, written), *_annotations(app, written)],
    }


def _asked(app: Any, name: str, task: Any, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the router makes of a task's options, asked as ``apply_async`` asks for it."""
    try:
        options = {**(task._get_exec_options() if task is not None else {}), **sent}
        found = app.amqp.router.route(options, name, (), {}, task)
        return dict(found)
    except Exception:
        return {}  # a router of the application's own that wants real arguments, or an unknown queue


def _bound(app: Any, options: dict[str, Any]) -> list[str]:
    """The queues that a message with these options ends in, as ``AMQP.send_task_message`` publishes it."""
    queue, exchange, key = (options.get(option) for option in ("queue", "exchange", "routing_key"))
    if queue is None and not (exchange and key):
        return []
    kind = str(getattr(getattr(queue, "exchange", None), "type", "") or "direct")
    if (not exchange or not key) and kind == "direct":
        return [_label(queue)]
    place = _name(exchange) or _name(getattr(queue, "exchange", None))
    key = str(key or getattr(queue, "routing_key", None) or "")
    return sorted(
        _label(other)
        for other in list(dict.values(app.amqp.queues))
        if _name(other.exchange) == place and _matches(str(other.exchange.type), str(other.routing_key), key)
    )


def _matches(kind: str, binding: str, key: str) -> bool:
    if kind == "fanout":
        return True
    if kind == "topic":
        parts = [{"*": r"[^.]+", "#": r".*"}.get(part, re.escape(part)) for part in binding.split(".")]
        pattern = r"\.".join(parts).replace(r"\..*", r"(\..*)?").replace(r".*\.", r"(.*\.)?")
        return re.fullmatch(pattern, key) is not None
    return binding == key


def _of_task(name: str, task: Any, queue: str, routers: _Routers, written: Written) -> Facts:
    options = task._get_exec_options()
    if _chooses(options):
        return _fact(name, queue, "option", "", _option_line(task, queue, written))
    how, pattern = routers.deciding(name, task)
    if how == "route":
        return _fact(name, queue, how, pattern, written.key(pattern))
    if how == "default":
        place = written.default.get(queue)
        return _fact(name, queue, how, "", written.project.location(*place) if place else None)
    return _fact(name, queue, how, "", None)


def _fact(task: str, queue: str, how: str, named: str, place: Facts | None) -> Facts:
    return {"task": task, "queue": queue, "how": how, "named": named, "location": place}


def _option_line(task: Any, queue: str, written: Written) -> Facts | None:
    """The line of the option in the task's decorator, or in the body of its class."""
    function = registry.main_function(task, written.project)
    if function is not None:
        code = function.__code__
        line = source.functions(code.co_filename).get((code.co_firstlineno, code.co_name))
        place = written.option(code.co_filename, code.co_firstlineno, line, queue) if line else None
        if place is not None:
            return place
    for cls in type(task).__mro__:
        file = source_file(_module(cls))
        first = source.classes(file).get(cls.__name__) if file and "queue" in vars(cls) else None
        if first is not None:
            return written.option(file, first, first + 200, queue)
    return None


def _module(cls: Any) -> Any:
    import sys

    return sys.modules.get(str(cls.__module__))


class _Routers:
    """The routers of ``task_routes``, each with what is written for it."""

    def __init__(self, app: Any) -> None:
        from celery.app.routes import MapRoute

        self.router = app.amqp.router
        routers = list(self.router.routes or ())
        configured = app.conf.task_routes
        several = isinstance(configured, (list, tuple))
        specs = list(configured) if several else [configured]
        self.pairs = list(zip(routers, specs, strict=False)) if len(routers) == len(specs) else []
        self.computed = any(type(one) is not MapRoute for one in routers)
        self._known = {id(router): _Keys(pairs) for router, pairs in self.maps()}

    def maps(self) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
        """Each router that is made of a mapping or of pairs, with these."""
        for router, spec in self.pairs:
            if isinstance(spec, Mapping):
                yield router, list(spec.items())
            elif isinstance(spec, (list, tuple)):
                yield router, [tuple(one) for one in spec if isinstance(one, (list, tuple)) and len(one) == 2]

    def deciding(self, name: str, task: Any) -> tuple[str, str]:
        """Which kind of setting decides about a task, and the pattern if it is one."""
        for router in self.router.routes or ():
            try:
                found = self.router.query_router(router, name, (), {}, {}, task)
            except Exception:
                return "router", ""
            if found is None:
                continue
            keys = self._known.get(id(router))
            if keys is None:
                return ("router", "") if found else ("default", "")
            return "route", keys.matching(name)
        return "default", ""


class _Keys:
    """The keys of one mapping of ``task_routes``, which may name very many tasks."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        keys = [key for key, _ in pairs]
        self.exact = {key for key in keys if type(key) is str}
        self.patterns = [key for key in keys if not _is_exact(key)]

    def matching(self, name: str) -> str:
        """The text of the key that decides about a task; empty for none."""
        if name in self.exact:
            return name
        return next((_text(key) for key in self.patterns if _matched(key, name)), "")


def _is_exact(key: Any) -> bool:
    return type(key) is str and "*" not in key


def _matched(key: Any, name: str) -> bool:
    """Whether a key of ``task_routes`` matches, as ``MapRoute`` decides."""
    if isinstance(key, re.Pattern):
        return key.match(name) is not None
    if isinstance(key, str) and "*" in key:
        return _translated(key).match(name) is not None
    return bool(key == name)


@functools.cache
def _translated(key: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(key))


def _text(key: Any) -> str:
    return str(key.pattern) if isinstance(key, re.Pattern) else str(key)


def _patterns(app: Any, routers: _Routers, written: Written) -> Iterator[Facts]:
    names = {str(name): None for name in dict.keys(app.tasks)}
    for _, pairs in routers.maps():
        for key, _ in pairs:
            if isinstance(key, (str, re.Pattern)):
                yield {
                    "setting": "task_routes",
                    "name": _text(key),
                    "matched": key in names if _is_exact(key) else any(_matched(key, one) for one in names),
                    "regular": isinstance(key, re.Pattern),
                    "location": written.key(_text(key)),
                }


def _annotations(app: Any, written: Written) -> Iterator[Facts]:
    configured = app.conf.task_annotations
    for one in configured if isinstance(configured, (list, tuple)) else [configured]:
        for key in one if isinstance(one, dict) else ():
            if isinstance(key, str):
                matched = key == "*" or dict.get(app.tasks, key) is not None
                place = written.key(key)
                yield {"setting": "task_annotations", "name": key, "matched": matched, "location": place}


def _own_options(entry: Any) -> dict[str, Any]:
    """The options of a beat entry."""
    options = entry.get("options") if isinstance(entry, Mapping) else getattr(entry, "options", None)
    return dict(options) if isinstance(options, Mapping) else {}


def _chooses(options: Mapping[str, Any]) -> bool:
    """Whether a queue, a key or an exchange is among them, by its name or itself."""
    given = [options.get(option) for option in OPTIONS]
    return any(one is not None and not (is_a(one, str) and not one) for one in given)


def _label(queue: Any) -> str:
    """Its name in routes and behind ``-Q``: a broadcast queue's own one is made anew each time."""
    return str(getattr(queue, "alias", None) or queue.name)


def _name(value: Any) -> str:
    """The name of a queue or an exchange, which may be the name itself."""
    return str(getattr(value, "name", value) or "")
