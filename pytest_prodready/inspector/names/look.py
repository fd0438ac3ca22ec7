"""What the code of the application asks of values whose class is known, and what they do not have."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any

from ..parsed import Parsed
from ..project import Project, source_file
from . import frameworks, records
from .django import configured, optional
from .flow import module_scope
from .flow.analysis import Analysis
from .flow.confirming import Confirming
from .presence.near import nearest
from .presence.plausible import Plausible
from .records import Missed, class_of
from .value import Asked, Live

Facts = dict[str, Any]
RECURSION = 4000
"""Long chains of calls are deep trees, and functions are read from within others."""


def inspect(
    project: Project,
    parsed: Parsed,
    begin: Callable[[], None] = lambda: None,
    among: Container[str] | None = None,
) -> Facts:
    """The ``Names``.

    Args:
        project: the application, with all of its modules loaded.
        parsed: reads its sources.
        begin: is called before each part, which has a time of its own.
        among: the modules to read, where another entry point reads most of them; ``None`` for all.
    """
    from .presence.asked import Presence

    units = _units(project, among)
    parsed.trees.update((unit.file, unit.tree) for unit in units.values())
    presence = Presence(project, parsed)
    analysis = Analysis(project, units, presence, frameworks.available(project))
    with _deep():
        for unit in units.values():
            begin()
            analysis.read_module(unit)
        if among is None:  # else not every call was read
            analysis.read_passed(begin)
    begin()
    for asked, file in analysis.frameworks.declared() if among is None else ():
        analysis.records.lookup(file, ast.Pass(), asked)
    confirming = Confirming(analysis, whole=among is None)
    facts = _facts(analysis, project, confirming, {unit.file for unit in units.values()})
    parsed.trees.clear()
    return facts


@contextlib.contextmanager
def _deep() -> Any:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _units(project: Project, among: Container[str] | None) -> dict[str, module_scope.Unit]:
    units: dict[str, module_scope.Unit] = {}
    files: set[str] = set()
    for name, module in project.modules():
        file = source_file(module)
        known = file in files  # one module object may be known under several names
        if not known and (among is None or name in among):
            files.add(file)
            unit = module_scope.read(name, module, file)
            if unit is not None:
                units[name] = unit
    return units


def _facts(analysis: Analysis, project: Project, confirming: Confirming, read: set[str]) -> Facts:
    found = analysis.records
    missed: dict[str, list[Facts]] = defaultdict(list)
    unresolved: dict[str, list[Facts]] = defaultdict(list)
    classes: dict[str, type] = {}
    judged = read - analysis.given_up
    candidates = [one for one in found.missed.values() if not found.may_have(one)]
    told: dict[tuple[type | None, str], bool] = {}
    plausible = Plausible(analysis)
    for one in plausible.every(candidates):
        key = class_of(one.owner), one.name
        if key not in told or one.nullable:
            told[key] = _confirmed(analysis, one, judged)
        if told[key]:
            proven = confirming.is_proven(one.known) and not plausible.is_another_result(one)
            certain = bool(one.nullable) or proven
            missed[_named(one)].append({**_read(one, analysis, project), "certain": certain})
    reads: dict[str, int] = defaultdict(int)
    for cls, times in found.asked.items():
        reads[_qualified(cls)] += times
        classes[_qualified(cls)] = cls
    lookups: dict[str, int] = defaultdict(int)
    for file, asked in found.lookups.values():
        name = _qualified(asked.model)
        classes[name] = asked.model
        lookups[name] += 1
        if asked.missing and not optional.provided_for(asked, file, project):
            unresolved[name].append(_lookup(asked, project.location(file, asked.line)))
    return {
        "modules": len(read),
        "reads": found.reads,
        "judged": found.judged,
        "lookups": len(found.lookups),
        "classes": [
            {
                "name": name,
                "location": _location(classes.get(name), analysis, project),
                "reads": reads.get(name, 0),
                "lookups": lookups.get(name, 0),
                "missing": missed.get(name, []),
                "unresolved": unresolved.get(name, []),
            }
            for name in sorted({*reads, *lookups, *missed})
        ],
    }


def _confirmed(analysis: Analysis, one: Missed, judged: set[str]) -> bool:
    if one.nullable:
        return True
    if analysis.frameworks.names(one.owner) is not None:
        return not configured.given_later(one.owner, one.name)
    return bool(analysis.presence.confirmed(one.owner, one.name, judged))


def _read(one: Missed, analysis: Analysis, project: Project) -> Facts:
    names = analysis.frameworks.names(one.owner)
    if one.nullable:
        near = ""
    elif names is not None:
        near = nearest(one.name, (name for name in names if not name.startswith("_")))
    else:
        near = analysis.presence.nearest(one.owner, one.name)
    return records.facts(one, near, project.location(one.file, one.line))


def _lookup(asked: Asked, location: dict[str, object]) -> Facts:
    return {
        "written": asked.written,
        "how": asked.how,
        "location": location,
        "missing": asked.missing,
        "at": _qualified(asked.at or asked.model),
        "near": asked.near,
        "certain": asked.certain,
    }


def _named(one: Missed) -> str:
    if isinstance(one.owner, Live) and type(one.owner.value).__name__ == "module":
        return str(vars(one.owner.value).get("__name__"))
    cls = class_of(one.owner)
    return _qualified(cls) if cls is not None else ""


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _location(cls: type | None, analysis: Analysis, project: Project) -> dict[str, object] | None:
    unit = analysis.units.get(str(vars(cls).get("__module__"))) if cls is not None else None
    node = unit.class_of(cls) if unit is not None and cls is not None else None
    return project.location(unit.file, node.lineno) if unit is not None and node is not None else None
