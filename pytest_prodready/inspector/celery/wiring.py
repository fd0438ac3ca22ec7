"""Which app shared tasks belong to in a process that is no worker, and which calls there send them.

A shared task has no app of its own: it takes the current one of the thread that calls it. Where there is
none, Celery makes one that knows nothing of the configuration.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect as signatures
import os
import re
import sys
import threading
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..nodes import last_name, name_parts
from ..project import Project, source_file
from ..statement_names import resolved
from . import source
from .identity import part

Facts = dict[str, Any]
SENDS = ("delay", "apply_async")
NEEDED = re.compile(rb"\bshared_task\b|\bcurrent_app\b|\.(?:delay|apply_async)\b")


def inspect(loaded: Any, project: Project) -> Facts | None:
    """The ``Binding`` of a web process; ``None`` where the application has no shared task loaded.

    Args:
        loaded: what the web entry point gave.
        project: the application.
    """
    state = sys.modules.get("celery._state")
    if state is None:
        return None
    uses: list[Facts] = []
    sends: list[Facts] = []
    threaded = _threaded(getattr(loaded, "value", None))
    for name, module in project.modules():
        file = source_file(module)
        found = source.of(file, "shared tasks", _read, NEEDED.search)
        if found is None:
            continue
        uses += [project.location(file, line) for line in found["uses"]]
        for line, function, parts, imported in found["sends"]:
            if _is_shared(_object(module, parts, imported)):
                place = project.location(file, line)
                sends.append(
                    {"task": ".".join(parts), "location": place, "threaded": (name, function) in threaded}
                )
    if not uses:
        return None
    return {
        "uses": uses,
        "sends": sends,
        "main": _own(_current(state)),
        "thread": _own(_in_thread(state)),
        "configured": _fallback_configured(),
    }


def _current(state: Any) -> Any:
    """The current app; read, not asked for: Celery makes one for whoever asks."""
    return state._tls.current_app or state.default_app


def _in_thread(state: Any) -> Any:
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(_current(state)), name="prodready")
    thread.start()
    thread.join()
    return seen[0] if seen else None


def _own(app: Any) -> bool:
    """Whether it is an app that somebody made, not Celery's own stopgap."""
    return app is not None and not (app.main == "default" and not app.set_as_current)


def _fallback_configured() -> bool:
    if os.environ.get("CELERY_BROKER_URL") or os.environ.get("CELERY_LOADER"):
        return True
    try:
        return importlib.util.find_spec(os.environ.get("CELERY_CONFIG_MODULE") or "celeryconfig") is not None
    except (ImportError, ValueError):
        return False


def _is_shared(value: Any) -> bool:
    """Whether it is what ``shared_task`` gave: a proxy that looks for its task in the current app."""
    from celery.local import Proxy

    if Proxy not in type(value).__mro__:
        return False
    try:
        local = object.__getattribute__(value, "_Proxy__local")
    except AttributeError:
        return False
    return type(local) is FunctionType and local.__qualname__.startswith("shared_task.")


def _object(module: Any, parts: list[str], imported: tuple[str, int, str] | None) -> Any:
    """What a dotted name means in a module, without asking any object of the application's for anything."""
    value: Any = None
    if imported is None:
        value = vars(module).get(parts[0])
    else:
        holder, level, name = imported
        value = sys.modules.get(resolved(level, holder, str(vars(module).get("__package__") or "")))
        value = part(value, name) if name else value
    for name in parts[1:]:
        value = part(value, name)
    return value


def _threaded(app: Any) -> set[tuple[str, str]]:
    """Module and qualified name of the endpoints that Starlette and FastAPI run in a thread of their own."""
    names = {f"{cls.__module__.partition('.')[0]}.{cls.__name__}" for cls in type(app).__mro__}
    if not names & {"starlette.Starlette", "fastapi.FastAPI"}:
        return set()
    found = set()
    for route in list(getattr(app, "routes", ())):
        endpoint = getattr(route, "endpoint", None)
        if type(endpoint) is FunctionType and not signatures.iscoroutinefunction(endpoint):
            found.add((endpoint.__module__, endpoint.__qualname__))
    return found


def _read(tree: ast.Module) -> dict[str, Any]:
    """Lines that use ``shared_task`` or ``current_app``, and the calls that may send a task."""
    uses: list[int] = []
    sends: list[tuple[int, str, list[str], tuple[str, int, str] | None]] = []
    for node, function, imports in _walk(tree, "", {}):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = {last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
            uses += [node.lineno] if "shared_task" in names else []
        elif isinstance(node, ast.Attribute) and last_name(node.value) == "current_app":
            holder = name_parts(node.value)[:-1]
            if holder == ("celery",) or (not holder and imports.get("current_app", ("",))[0] == "celery"):
                uses.append(node.lineno)
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in SENDS:
            parts = list(name_parts(called.value))
            imported = imports.get(parts[0]) if parts and function else None
            sends += [(called.lineno, function, parts, imported)] if parts else []
    return {"uses": sorted(set(uses)), "sends": sends}


def _walk(
    node: ast.AST, function: str, imports: dict[str, tuple[str, int, str]]
) -> Iterator[tuple[ast.AST, str, dict[str, tuple[str, int, str]]]]:
    """Every node, with the function that holds it and what is imported there and around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom):
            for alias in child.names:
                imports[alias.asname or alias.name] = (child.module or "", child.level, alias.name)
        elif isinstance(child, ast.Import):
            for alias in child.names:
                top = alias.name.partition(".")[0]
                imports[alias.asname or top] = (alias.name if alias.asname else top, 0, "")
        yield child, function, imports
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            scope = f"{function}.{child.name}" if function else child.name
            yield from _walk(child, scope, dict(imports))
        else:
            yield from _walk(child, function, imports)
