"""What a sent task provably has to be given: the parameters that its arguments meet, seen through wrappers.

``Task.apply_async`` checks them against ``__header__``, the worker calls ``run``. A wrapper that takes
anything says nothing, unless its text shows that it passes on exactly what it is given.
"""

from __future__ import annotations

import ast
import functools
import inspect
from types import FunctionType, MethodType
from typing import Any

from ..nodes import name_parts, walk
from . import registry
from .definition import definition_of
from .rewriting import keeps_shape

DEEPEST = 10
"""Wrappers around one function."""
SENDING = (
    "delay",
    "apply_async",
    "apply",
    "retry",
    "s",
    "si",
    "signature",
    "subtask",
    "map",
    "starmap",
    "chunks",
)
ON_COMMIT = ("delay_on_commit", "apply_async_on_commit")
"""Methods of Celery's task class for Django alone."""
READING = {"copy", "get", "items", "keys", "values"}
"""What may be asked of a dict without changing it."""


def facts(task: Any) -> dict[str, Any]:
    """The fields ``takes`` and ``own_methods`` of a ``Task``."""
    found = parameters(task)
    return {
        "takes": None if found is None else [_described(one) for one in found],
        "own_methods": own_methods(task),
    }


def parameters(task: Any) -> list[inspect.Parameter] | None:
    """The parameters that whoever sends ``task`` has to satisfy; ``None`` when they are not known.

    Args:
        task: a registered task.
    """
    from celery.app.task import Task

    try:
        cls = type(task)
        run = getattr(task, "_orig_run", None) or task.run
        if cls.__call__ is Task.__call__ or calls_run(cls):
            found = _met(run)
            if found is not None:
                return found
        header = getattr(task, "__header__", None)
        if header is None or not task.typing:
            return None
        return _telling(list(inspect.signature(header).parameters.values()))
    except Exception:
        return None


def own_methods(task: Any) -> list[str]:
    """The ways to send ``task`` that the application has replaced by its own, which may change anything."""
    from celery.app.task import Task

    try:
        cls = type(task)
        own = [
            name
            for name in SENDING
            if getattr(cls, name) is not getattr(Task, name) and not _passes_to_super(cls, name)
        ]
        return own + [name for name in ON_COMMIT if not _is_celerys(getattr(cls, name, None))]
    except Exception:
        return list(SENDING)


def _described(parameter: inspect.Parameter) -> dict[str, Any]:
    """A ``Parameter``."""
    kind = parameter.kind
    needed = kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return {
        "name": parameter.name,
        "kind": registry.KINDS[kind],
        "required": needed and parameter.default is parameter.empty,
    }


def _is_celerys(method: Any) -> bool:
    return method is None or str(getattr(method, "__module__", "")).startswith("celery.")


def body(run: Any) -> FunctionType | None:
    """The innermost function that gets exactly what ``run`` is given, the task itself included."""
    function = run.__func__ if type(run) is MethodType else run
    for _ in range(DEEPEST):
        if type(function) is not FunctionType:
            return None
        if _telling(_parameters(function)) is not None:
            return function
        inner = vars(function).get("__wrapped__")
        if inner is None or not _passes_on(function, inner):
            return None
        function = inner
    return None


def _met(run: Any) -> list[inspect.Parameter] | None:
    function = body(run)
    if function is None:
        return None
    found = _parameters(function)
    return found[1:] if type(run) is MethodType else found


def _parameters(function: FunctionType) -> list[inspect.Parameter]:
    return list(inspect.signature(function, follow_wrapped=False).parameters.values())


def _telling(found: list[inspect.Parameter]) -> list[inspect.Parameter] | None:
    """Parameters that refuse anything at all."""
    kinds = {one.kind for one in found}
    anything = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
    return None if anything else found


def _passes_on(wrapper: FunctionType, inner: Any) -> bool:
    """Whether ``wrapper`` calls ``inner`` with exactly its own arguments."""
    if wrapper.__module__ == "celery.app.base":
        return True  # for pydantic: it binds the arguments with the signature of what it wraps
    node = definition_of(wrapper)
    cells = dict(zip(wrapper.__code__.co_freevars, wrapper.__closure__ or (), strict=True))
    names = {name for name, cell in cells.items() if _held(cell) is inner}
    return node is not None and any(_hands_over(wrapper, (name,)) for name in names)


def calls_run(cls: type) -> bool:
    """Whether a ``__call__`` of the application's own gives ``run`` exactly what it is given."""
    return _passes_to_super(cls, "__call__", ("self", "run"))


def _passes_to_super(cls: type, name: str, *others: tuple[str, ...]) -> bool:
    """Whether each method in front of Celery's own passes on exactly what it is given."""
    from celery.app.task import Task

    for each in cls.__mro__:
        if each is Task:
            return True
        method = vars(each).get(name)
        if method is None:
            continue
        if type(method) is not FunctionType:
            return False
        if not any(_hands_over(method, path) for path in (("super()", name), *others)):
            return False
        if others and not _hands_over(method, ("super()", name)):
            return True  # it has called run itself
    return False


@functools.cache
def _hands_over(function: FunctionType, path: tuple[str, ...]) -> bool:
    """Whether a function gives all of its arguments to every call of ``path``, and calls it.

    They are unchanged, or each has got another value: no more and no fewer of them, by the same names.
    """
    node = definition_of(function)
    if node is None:
        return False
    args = node.args
    own = [one.arg for one in (*args.posonlyargs, *args.args)]
    is_method = path[0] in ("super()", "self")
    passed = own[1:] if is_method else own
    if args.kwonlyargs or (args.defaults and not is_method):
        return False
    watched = {*passed, *(one.arg for one in (args.vararg, args.kwarg) if one is not None)}
    if path[-1] == "apply_async" and {"args", "kwargs"} <= {*passed} and args.kwarg is not None:
        watched.discard(args.kwarg.arg)  # the options: no arguments of the task's
    called = False
    inside = list(walk(node))
    rewritten = {
        id(one.targets[0])
        for one in inside
        if isinstance(one, ast.Assign) and len(one.targets) == 1 and keeps_shape(one, function.__globals__)
    }
    for one in inside:
        if isinstance(one, ast.Call) and _path(one.func) == path:
            if not _same(one, passed, args.vararg, args.kwarg, options=path[-1] == "apply_async"):
                return False
            called = True
        elif id(one) not in rewritten and _changes(one, watched):
            return False
    return called


def _same(
    call: ast.Call, passed: list[str], vararg: ast.arg | None, kwarg: ast.arg | None, *, options: bool
) -> bool:
    given: list[str] = []
    starred: list[str] = []
    for one in call.args:
        value = one.value if isinstance(one, ast.Starred) else one
        if not isinstance(value, ast.Name):
            return False
        (starred if isinstance(one, ast.Starred) else given).append(value.id)
    opened: list[str] = []
    for keyword in call.keywords:
        if keyword.arg is None:
            opened.append(getattr(keyword.value, "id", ""))
        elif keyword.arg in passed and getattr(keyword.value, "id", "") == keyword.arg:
            given.append(keyword.arg)
        elif not options or keyword.arg in ("args", "kwargs"):
            return False  # one more option is no argument of the task's
    return (
        sorted(given) == sorted(passed)
        and starred == ([vararg.arg] if vararg else [])
        and opened == ([kwarg.arg] if kwarg else [])
    )


def _changes(node: ast.AST, watched: set[str]) -> bool:
    """Whether one of the watched names gets another value, or its value is changed."""
    if isinstance(node, ast.Name):
        return node.id in watched and not isinstance(node.ctx, ast.Load)
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        return False
    if not isinstance(node.value, ast.Name) or node.value.id not in watched:
        return False
    if isinstance(node, ast.Attribute):
        return node.attr not in READING
    return not isinstance(node.ctx, ast.Load)


def _path(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
        return ("super()", node.attr) if name_parts(node.value.func) == ("super",) else ()
    return name_parts(node)


def _held(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
