"""Which task an object is, without making Celery evaluate it.

A web process holds many tasks as proxies that have never been used; using one finalizes the app, which is for
the application to do.
"""

from __future__ import annotations

import contextlib
import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from ..project import Project
from ..sources import unbound
from . import registry


class Identity(NamedTuple):
    """One task."""

    name: str
    """The name under which it is registered, as far as that is known."""
    function: str
    """``module.function`` that does its work; empty when that is not known."""


def task(value: Any, project: Project) -> Identity | None:
    """Which task ``value`` is; ``None`` for anything else.

    Args:
        value: any object.
        project: tells the application's own functions.
    """
    try:
        return _task(value, project)
    except Exception:
        return None  # an object that does not let itself be looked at


def _task(value: Any, project: Project) -> Identity | None:
    kinds = type(value).__mro__
    if _loaded("celery.app.task", "Task") in kinds:
        held = object.__getattribute__(value, "__dict__")
        found = [each["name"] for each in (held, *map(vars, kinds)) if "name" in each]
        if not found or type(found[0]) is not str:
            return None
        return Identity(found[0], _function(value, project))
    if _loaded("celery.local", "Proxy") not in kinds:
        return None
    with contextlib.suppress(AttributeError):  # its __dict__ is a property that evaluates it
        return _task(object.__getattribute__(value, "__thing"), project)
    makes = object.__getattribute__(value, "_Proxy__local")
    if type(makes) is MethodType and makes.__func__.__name__ == "_task_from_fun":
        (function, *_) = object.__getattribute__(value, "_Proxy__args")
        options = object.__getattribute__(value, "_Proxy__kwargs") or {}
        return _made(function, options.get("name"), makes.__self__, project)
    if type(makes) is FunctionType and makes.__module__ == "celery.app":
        held = {
            name: cell.cell_contents
            for name, cell in zip(makes.__code__.co_freevars, makes.__closure__ or (), strict=True)
        }
        if "fun" in held:
            return _made(held["fun"], held.get("name"), None, project)
    return None


def _made(function: Any, name: Any, app: Any, project: Project) -> Identity | None:
    if type(name) is not str or not name:
        celerys = vars(_loaded("celery.app.base", "Celery"))["gen_task_name"]
        own_names = app is not None and type(app).gen_task_name is not celerys
        plain = type(function) is FunctionType and function.__module__ != "__main__"
        name = f"{function.__module__}.{function.__name__}" if plain and not own_names else ""
    found = registry.main_behind(function, project)
    return Identity(name, f"{found.__module__}.{registry.plain(found.__qualname__)}" if found else "")


def _function(value: Any, project: Project) -> str:
    found = registry.main_function(value, project)
    return f"{found.__module__}.{registry.plain(found.__qualname__)}" if found else ""


def app(value: Any) -> bool:
    """Whether ``value`` is a Celery app, or Celery's proxy of the current one."""
    found = current_app()
    return found is not None and (
        value is found or _loaded("celery.app.base", "Celery") in type(value).__mro__
    )


def current_app() -> Any:
    """Celery's proxy of the current app, not evaluated."""
    return _loaded("celery._state", "current_app")


def _loaded(module: str, name: str) -> Any:
    """A name of a module of Celery's; ``None`` when the application has not loaded it."""
    return vars(sys.modules[module]).get(name) if module in sys.modules else None


def part(holder: object, name: str) -> object:
    """The attribute of a module or a class, without asking an object that may answer in its own way."""
    if ModuleType in type(holder).__mro__:
        held = vars(holder)
        if name in held:
            return held[name]
        if holder is sys.modules.get("celery"):
            return getattr(holder, name, None)  # it loads its names when they are asked for
        return sys.modules.get(f"{held.get('__name__')}.{name}")
    if type in type(holder).__mro__:
        bases = type.mro(holder)  # type: ignore[arg-type]  # just seen
        return unbound(next((vars(base)[name] for base in bases if name in vars(base)), None))
    return None
