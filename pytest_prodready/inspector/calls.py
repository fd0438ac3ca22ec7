"""Which functions of the application call which, over module borders: who can reach a line, and how."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from .call_syntax import ABOVE, MADE, Path, read
from .celery.registry import functions_behind
from .parsed import Parsed
from .project import Project, source_file
from .sources import unbound
from .statement_names import resolved

Unit = tuple[str, str]
"""Module and function: one at its top, or a method as ``Class.method``; with all that is defined inside."""


class Instance(NamedTuple):
    """Some instance of a class."""

    cls: type


class Above(NamedTuple):
    """What ``super()`` gives in a method of a class."""

    cls: type


class Defined(NamedTuple):
    """What a definition in the source has become under its decorators: a task, a registered function."""

    unit: Unit
    value: object


class _Read(Mapping[str, dict[str, Any]]):
    """A part of what is read of each module, once it is asked for: most of them no task ever comes to."""

    def __init__(self, part: str, modules: dict[str, object], parsed: Parsed) -> None:
        self._part = part
        self._modules = modules
        self._parsed = parsed
        self._known: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._known:
            found = self._parsed.of(source_file(self._modules[name]), "calls", read) or {}
            self._known[name] = found.get(self._part, {})
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class Calls:
    """The calls between the functions of the application's loaded modules.

    Args:
        project: tells the application's own modules.
        parsed: reads their source.
        whole: follow all calls now; else those from the units that :meth:`follow` is given.
    """

    def __init__(self, project: Project, parsed: Parsed, *, whole: bool = True) -> None:
        self.project = project
        self.callers: dict[Unit, dict[Unit, int]] = {}
        """Called → caller → the line of the first call."""
        self._loaded = {name: module for name, module in project.modules() if name != "__main__"}
        self._modules = {source_file(module): name for name, module in self._loaded.items()}
        self.units = _Read("units", self._loaded, parsed)
        """Module → its units."""
        self.fields = _Read("fields", self._loaded, parsed)
        self._followed: set[Unit] = set()
        if whole:
            self.follow((name, unit) for name in self.units for unit in self.units[name])

    def follow(self, start: Iterable[Unit]) -> None:
        """Add the calls of some units, and of all that these lead to."""
        waiting = [*start]
        while waiting:
            name, unit = waiting.pop()
            if (name, unit) in self._followed or unit not in self.units.get(name, ()):
                continue
            self._followed.add((name, unit))
            called, imported, _ = self.units[name][unit]
            module = self._loaded[name]
            local = {bound: self.imported(module, name, *rest) for bound, *rest in imported}
            for path, line in called:
                for target in self._targets(tuple(path), local, module):
                    lines = self.callers.setdefault(target, {})
                    lines[name, unit] = min(line, lines.get((name, unit), line))
                    waiting.append(target)

    def unit_of(self, function: FunctionType) -> Unit:
        """The unit that a function belongs to: that of a wrapper is its decorator's."""
        if "__wrapped__" in vars(function):  # its names are those of what it wraps
            module = self._modules.get(function.__code__.co_filename, "")
            line = function.__code__.co_firstlineno
            for unit, (_, _, (first, last)) in self.units.get(module, {}).items():
                if first <= line <= last:
                    return module, unit
        return str(function.__module__), str(function.__qualname__).partition(".<locals>")[0]

    def ways(self, target: Unit) -> dict[Unit, Unit | None]:
        """Each unit whose calls lead to ``target`` → the next on its shortest way; ``None`` at its end."""
        found: dict[Unit, Unit | None] = {target: None}
        waiting = [target]
        for one in waiting:
            for caller in sorted(self.callers.get(one, ())):
                if caller not in found:
                    found[caller] = one
                    waiting.append(caller)
        return found

    def called_on(self, unit: Unit, cls: type) -> Iterator[tuple[Unit, int]]:
        """What a function calls on its first parameter, an instance of ``cls``: a bound task on itself."""
        for path, line in self.units.get(unit[0], {}).get(unit[1], ((),))[0]:
            if path[0] == "self" and len(path) > 1:
                for target in self._ends(self._walk(Instance(cls), tuple(path[1:]))):
                    yield target, line

    def imported(self, module: object, importer: str, level: int, base: str, name: str) -> object:
        """What an import statement of a loaded module binds; ``None`` where that cannot be known."""
        package = str(vars(module).get("__package__") or importer)
        found: object = sys.modules.get(resolved(level, base, package))
        return self.step(found, name) if name and found is not None else found

    def _targets(self, path: Path, local: dict[str, object], module: object) -> Iterator[Unit]:
        first, *rest = path
        value = local[first] if first in local else self.step(module, first)
        yield from self._ends(self._walk(value, tuple(rest)))

    def _walk(self, value: object, path: Path) -> object:
        for part in path:
            if value is None:
                break
            value = self.step(value, part)
        return value

    def step(self, value: object, part: str) -> object:
        """What ``part`` of ``value`` is, without asking an object that may answer in its own way."""
        if part == MADE:
            return Instance(value) if _is_class(value) else None  # type: ignore[arg-type]  # just seen
        if part == ABOVE:
            return Above(value) if _is_class(value) else None  # type: ignore[arg-type]  # just seen
        if type(value) is Defined:
            return value if part in ("run", "__call__") else self._of_object(value.value, part)
        if ModuleType in type(value).__mro__:
            return self._of_module(value, part)
        if type(value) is Above:
            return self._of_class(type.mro(value.cls)[1:], part)
        if type(value) is Instance:
            return self._of_instance(value.cls, part)
        if _is_class(value):
            return self._of_class(type.mro(value), part)  # type: ignore[arg-type]  # just seen
        return self._of_object(value, part)

    def _of_module(self, module: object, part: str) -> object:
        held = vars(module)
        name = str(held.get("__name__"))
        found = held.get(part)
        if found is None:
            return sys.modules.get(f"{name}.{part}")
        made = type(found) is not FunctionType and not _is_class(found)
        if made and part in self.units.get(name, ()):
            return Defined((name, part), found)
        return found

    @staticmethod
    def _of_class(classes: list[type], part: str) -> object:
        return unbound(next((vars(cls)[part] for cls in classes if part in vars(cls)), None))

    def _kept(self, cls: type, part: str) -> object:
        """What a method of the class has made for the attribute ``part``."""
        for base in type.mro(cls):
            module = sys.modules.get(str(base.__module__))
            path = self.fields.get(str(base.__module__), {}).get(str(base.__qualname__), {}).get(part)
            if path and module is not None:
                return self._walk(self.step(module, path[0]), tuple(path[1:]))
        return None

    def _of_object(self, value: object, part: str) -> object:
        """The method of an object of the application's own: a service that a module holds."""
        cls = type(value)
        if not self.project.owns_module(str(cls.__module__)):
            return None
        return self._of_instance(cls, part)

    def _of_instance(self, cls: type, part: str) -> object:
        found = self._of_class(type.mro(cls), part)
        return found if found is not None else self._kept(cls, part)  # it may have no truth value

    def _ends(self, value: object) -> Iterator[Unit]:
        """The units that run when ``value`` is called."""
        if value is None:
            return
        if type(value) is Instance:
            called = [self._of_class(type.mro(value.cls), "__call__")]
        elif _is_class(value):
            made = ("__new__", "__init__", "__post_init__")
            called = [self._of_class(type.mro(value), name) for name in made]  # type: ignore[arg-type]
        elif type(value) is Defined:
            called = [value.value]
        else:
            called = [value, self._of_object(value, "__call__")]
        found = [
            self.unit_of(function)
            for one in called
            if one is not None
            for function in functions_behind(one)
            if self.project.owns_module(str(function.__module__))
        ]
        if type(value) is Defined:
            found.append(value.unit)
        yield from dict.fromkeys(found)


def _is_class(value: object) -> bool:
    # isinstance would ask a proxy what it stands for
    return type in type(value).__mro__
