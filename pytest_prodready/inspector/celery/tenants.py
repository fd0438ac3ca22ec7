"""Which tasks query what only tenants have, and whether anything brings them into a tenant's schema.

For django-tenants and its ancestor django-tenant-schemas, with and without tenant-schemas-celery. Nothing is
queried: settings, classes and source are looked at.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..calls import Calls, Instance, Unit
from ..objects import of_its_class
from ..parsed import Parsed
from ..project import Project, source_file
from . import registry
from .tenant_apps import TenantApps, is_manager
from .tenant_beat import CARRIER, knows_tenants, without_tenant
from .tenant_entering import may_enter, mentions, read

Facts = dict[str, Any]

LIBRARIES = ("django_tenants", "tenant_schemas")
WRITES = {"save", "delete", "refresh_from_db", "asave", "adelete", "arefresh_from_db"}
"""Methods of a model's instance that go to the database."""
PARAMETER = re.compile(r"(?i)schema|tenant")


def inspect(app: Any, project: Project, parsed: Parsed) -> Facts | None:
    """The ``Tenancy`` of a loaded app; ``None`` for a project without tenants.

    Args:
        app: the loaded app.
        project: the application.
        parsed: reads its source.
    """
    settings = _settings()
    if settings is None:
        return None
    calls = Calls(project, parsed)
    reading = _Reading(calls, project, parsed, TenantApps(settings))
    tasks = registry.own(app)
    entered_for_all = any(reading.enters(unit) for unit in reading.reach(_before_each_task(project, calls)))
    carried = {name for name, task in tasks.items() if entered_for_all or _carries(task)}
    queries = [query for name, task in sorted(tasks.items()) if (query := reading.query(name, task))]
    if not knows_tenants(app, project):
        for query in queries:
            query["beat"] = without_tenant(app, query, query["task"] in carried)
    return {"carried": sorted(carried), "queries": queries}


def _settings() -> Any:
    """Django's settings, where they are those of a project with tenants."""
    if not any(name in sys.modules for name in LIBRARIES):
        return None
    from django.apps import apps
    from django.conf import settings

    if not settings.configured or not apps.ready:
        return None
    databases = getattr(settings, "DATABASES", None)
    engines = [str(one.get("ENGINE", "")) for one in databases.values()] if databases else []
    return settings if any(engine.partition(".")[0] in LIBRARIES for engine in engines) else None


class _Reading:
    """What the functions that tasks reach do with models and schemas."""

    def __init__(self, calls: Calls, project: Project, parsed: Parsed, apps: TenantApps) -> None:
        self.calls = calls
        self.project = project
        self.parsed = parsed
        self.apps = apps
        self._called: dict[Unit, list[Unit]] = {}
        for target, callers in calls.callers.items():
            for caller in callers:
                self._called.setdefault(caller, []).append(target)
        self._enters: dict[Unit, bool] = {}

    def query(self, name: str, task: Any) -> Facts | None:
        """The ``TenantQuery`` of a task; ``None`` when it makes none that can be seen."""
        functions = list(registry.functions_behind(registry.run_of(task)))
        reached = self.reach(_starts(task, self.project, self.calls))
        found = next(((unit, one) for unit in reached for one in self._queries(unit)), None)
        if found is None:
            return None
        unit, (label, line) = found
        main = registry.main_function(task, self.project)
        own = main is not None and self.calls.unit_of(main) in reached
        parameter, position = _parameter(task)
        entering = [one for one in reached if self.enters(one)]
        # a decorator of a library's is not among the units
        elsewhere = any(mentions(function) for function in functions if not self._owns(function))
        if not own or main is None or elsewhere or not self._enters_only_by(main, parameter, entering):
            parameter = ""
        return {
            "task": name,
            "model": label,
            "location": self.project.location(source_file(sys.modules.get(unit[0])), line),
            "function": f"{unit[0]}.{unit[1]}",
            "enters": bool(entering) or elsewhere,
            "parameter": parameter,
            "position": position,
        }

    def reach(self, starts: list[Unit]) -> list[Unit]:
        """The units that calls lead to, nearest first."""
        found = dict.fromkeys(starts)
        waiting = deque(found)
        while waiting:
            for target in sorted(self._called.get(waiting.popleft(), ())):
                if target not in found:
                    found[target] = None
                    waiting.append(target)
        return list(found)

    def enters(self, unit: Unit) -> bool:
        """Whether a function enters a tenant's schema itself, or does what may well do so."""
        if unit not in self._enters:
            self._enters[unit] = self._may_enter(unit)
        return self._enters[unit]

    def _may_enter(self, unit: Unit) -> bool:
        known = self.calls.units.get(unit[0], {}).get(unit[1])
        if known is None:
            return False
        called, _, (first, last) = known
        names = (next((part for part in reversed(path) if part.isidentifier()), "") for path, _ in called)
        if any(map(may_enter, names)):
            return True
        if any(self._is_context(value) for path, _ in called for value in self._along(unit, tuple(path))):
            return True
        return any(first <= line <= last for line in self._read(unit)["doubts"])

    def _is_context(self, value: object) -> bool:
        """A class of the application's own whose instances stand behind ``with``."""
        cls = value.cls if type(value) is Instance else value
        return (
            type in type(cls).__mro__
            and self.project.owns_module(str(getattr(cls, "__module__", "")))
            and any("__enter__" in vars(base) or "__aenter__" in vars(base) for base in type.mro(cls))  # type: ignore[arg-type]
        )

    def _queries(self, unit: Unit) -> Iterator[tuple[str, int]]:
        called = self.calls.units.get(unit[0], {}).get(unit[1], ((),))[0]
        for path, line in sorted(called, key=lambda one: int(one[1])):
            values = list(self._along(unit, tuple(path)))
            for held, part in zip(values, path[1:], strict=False):
                if type(held) is Instance and part in WRITES:
                    label = self.apps.label(held.cls)
                else:
                    label = self.apps.label(held) if is_manager(held, part) else ""
                if label:
                    yield label, line

    def _along(self, unit: Unit, path: tuple[str, ...]) -> Iterator[object]:
        """What each part of a path is, as far as it can be followed."""
        module = sys.modules.get(unit[0])
        if module is None or not path:
            return
        imported = self.calls.units[unit[0]][unit[1]][1]
        local = {bound: rest for bound, *rest in imported}
        if path[0] in local:
            value = self.calls.imported(module, unit[0], *local[path[0]])
        else:
            value = self.calls.step(module, path[0])
        for part in path[1:]:
            if value is None:
                return
            yield value
            value = self.calls.step(value, part)
        if value is not None:
            yield value

    def _owns(self, function: FunctionType) -> bool:
        return self.project.owns_file(function.__code__.co_filename)

    def _enters_only_by(self, body: FunctionType, parameter: str, entering: list[Unit]) -> bool:
        """Whether a task enters a schema in its body alone, and there none but what ``parameter`` names."""
        unit = self.calls.unit_of(body)
        if not parameter or entering != [unit]:
            return False
        first, last = self.calls.units[unit[0]][unit[1]][2]
        names = self._read(unit)["names"]
        inside = {(name, how) for line, name, how in names if first <= line <= last}
        return {name for name, how in inside if how == "entered"} == {parameter} and (
            (parameter, "bound") not in inside
        )

    def _read(self, unit: Unit) -> dict[str, Any]:
        file = source_file(sys.modules.get(unit[0]))
        found = self.parsed.of(file, "tenants", read)
        return found if isinstance(found, dict) else {"doubts": [], "names": []}


def _starts(task: Any, project: Project, calls: Calls) -> list[Unit]:
    """What a worker runs for a task: its body with its decorators, and its class's own handlers."""
    functions = [*registry.functions_behind(registry.run_of(task))]
    for name in ("before_start", "__call__"):
        held = of_its_class(task, name)
        functions += registry.functions_behind(held) if held is not None else ()
    owned = [one for one in functions if project.owns_file(one.__code__.co_filename)]
    return [*dict.fromkeys(calls.unit_of(one) for one in owned)]


def _before_each_task(project: Project, calls: Calls) -> list[Unit]:
    """The application's own receivers of the signal that comes before each task."""
    import weakref

    from celery import signals

    found: list[Unit] = []
    for _, receiver in list(signals.task_prerun.receivers or ()):
        held = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
        functions = registry.functions_behind(held) if held is not None else ()
        owned = (one for one in functions if project.owns_file(one.__code__.co_filename))
        found += [calls.unit_of(one) for one in owned]
    return found


def _carries(task: Any) -> bool:
    """Whether the task's class is one that the library's signal handlers switch the schema for."""
    return any(str(cls.__module__).partition(".")[0] == CARRIER for cls in type(task).__mro__)


def _parameter(task: Any) -> tuple[str, int]:
    """The optional parameter that names a tenant, with its position; empty when there is not just one."""
    parameters = registry.parameters(task) or []
    found = [
        one
        for one in parameters
        if PARAMETER.search(one.name)
        and (one.default is None or (type(one.default) is str and not one.default))
    ]
    if len(found) != 1:
        return "", 0
    by_position = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return found[0].name, by_position.index(found[0]) if found[0] in by_position else -1
