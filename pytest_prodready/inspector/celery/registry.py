"""The tasks of a loaded Celery app: which functions run, where they stand, how they are called."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

from ..objects import attributes
from ..project import Project, source_file
from . import source

MOST_WRAPPED = 30
"""Functions looked at behind one task: decorators are few, a closure may lead anywhere."""

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional-only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "*args",
    inspect.Parameter.KEYWORD_ONLY: "keyword-only",
    inspect.Parameter.VAR_KEYWORD: "**kwargs",
}
"""The words of the facts for the kinds of parameters."""


def own(app: Any) -> dict[str, Any]:
    """Name → task of the app's registry, Celery's built-in tasks left out."""
    return {
        str(name): task
        for name, task in dict.items(app.tasks)
        if not (str(name).startswith("celery.") and str(type(task).__module__).startswith("celery."))
    }


def describe(name: str, task: Any, project: Project) -> dict[str, Any]:
    """The ``Task`` registered as ``name``."""
    function = main_function(task, project)
    cls = type(task)
    takes = parameters(task)
    facts: dict[str, Any] = {
        "name": name,
        "module": str(cls.__module__),
        "function": plain(cls.__qualname__),
        "location": None,
        "signature": written(takes),
        "parameters": [
            {
                "name": parameter.name,
                "kind": KINDS[parameter.kind],
                "required": parameter.default is parameter.empty
                and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD),
            }
            for parameter in takes or []
        ],
    }
    if function is None or not project.owns_file(function.__code__.co_filename):
        # a class without a run method of its own, or a function made elsewhere
        file = source_file(sys.modules.get(facts["module"]))
        line = source.classes(file).get(cls.__name__) if file else None
        facts["location"] = project.location(file, line) if line else None
        return facts
    code = function.__code__
    facts["module"], facts["function"] = str(function.__module__), plain(function.__qualname__)
    known = source.functions(code.co_filename).get((code.co_firstlineno, code.co_name))
    facts["location"] = project.location(code.co_filename, known or code.co_firstlineno)
    return facts


def main_function(task: Any, project: Project) -> FunctionType | None:
    """The function that does a task's work, as the application wrote it: below all decorators."""
    return main_behind(run_of(task), project)


def main_behind(run: Any, project: Project) -> FunctionType | None:
    """The function below all decorators of a callable, the application's own before others."""
    found = list(functions_behind(run))
    unwrapped = [function for function in found if "__wrapped__" not in vars(function)]
    owned = [function for function in unwrapped if project.owns_file(function.__code__.co_filename)]
    return next(iter(owned or unwrapped), None)


def places(task: Any, project: Project) -> Iterator[tuple[str, int]]:
    """(real file, first line) of every function behind a task."""
    for function in functions_behind(run_of(task)):
        yield project.real(function.__code__.co_filename), function.__code__.co_firstlineno


def functions_behind(run: Any) -> Iterator[FunctionType]:
    """The Python functions that a callable leads to: wrapped ones first, then those its closure holds."""
    waiting = [run]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_WRAPPED:
        item = waiting.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if type(item) is MethodType:
            waiting.insert(0, item.__func__)
            continue
        if type(item) is functools.partial:
            waiting.insert(0, item.func)
            continue
        held = attributes(item)
        if type(item) is FunctionType:
            yield item
        elif "__wrapped__" not in held:
            waiting.extend(value for value in held.values() if type(value) in (FunctionType, MethodType))
        if "__wrapped__" in held:
            waiting.insert(0, held["__wrapped__"])
        if type(item) is FunctionType:
            waiting.extend(_closure(item))


def parameters(task: Any) -> list[inspect.Parameter] | None:
    """The parameters of a task, without ``self``; ``None`` when they cannot be known."""
    try:
        return list(inspect.signature(task.run).parameters.values())
    except Exception:
        return None


def signature(task: Any) -> str:
    """How a task is called: ``(job_id, tenant=None)``; empty when that cannot be known."""
    return written(parameters(task))


def written(found: list[inspect.Parameter] | None) -> str:
    """Parameters as a signature; empty for ``None``."""
    if found is None:
        return ""
    shown: list[str] = []
    kinds = [parameter.kind for parameter in found]
    for at, parameter in enumerate(found):
        kind = parameter.kind
        if kind is kind.KEYWORD_ONLY and kind not in kinds[:at] and kind.VAR_POSITIONAL not in kinds:
            shown.append("*")
        stars = {kind.VAR_POSITIONAL: "*", kind.VAR_KEYWORD: "**"}.get(kind, "")
        default = "" if parameter.default is parameter.empty else f"={_default(parameter.default)}"
        shown.append(f"{stars}{parameter.name}{default}")
        if kind is kind.POSITIONAL_ONLY and kinds[at + 1 : at + 2] != [kind.POSITIONAL_ONLY]:
            shown.append("/")
    return f"({', '.join(shown)})"


def _default(value: object) -> str:
    # a text may be a secret, and an object's repr may be anything
    empty = type(value) in (str, tuple, list, dict) and not value
    return repr(value) if empty or type(value) in (bool, int, float, type(None)) else "…"


def run_of(task: Any) -> Any:
    """What a worker calls of a task; ``None`` where that cannot be had."""
    try:
        return task.run
    except Exception:
        return None


def _closure(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue


def plain(qualname: str) -> str:
    """A qualified name as a person writes it."""
    return str(qualname).replace(".<locals>", "")
