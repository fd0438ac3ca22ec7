"""The receivers of Django's signals and of the application's own, as they are connected at this moment."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import weakref
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from ..nodes import walk
from ..objects import is_a
from ..project import Project
from ..sources import members, tree_of

Facts = dict[str, Any]
SIGNAL = ("django.dispatch.dispatcher.Signal", "django.db.models.signals.ModelSignal")


def connected(project: Project) -> list[Facts]:
    """A ``Receiver`` for each live receiver that the application has written."""
    if "django.dispatch.dispatcher" not in sys.modules:
        return []
    found = []
    for name, signal in signals(project):
        for key, receiver in live(signal):
            fact = _fact(name, key, receiver, project)
            if fact is not None:
                found.append(fact)
    return found


def signals(project: Project) -> Iterator[tuple[str, Any]]:
    """Every signal of a loaded module, once, by where it is found first: Django's own names win."""
    own = {name for name, _ in project.modules()}
    names = [name for name in sys.modules if name.endswith("signals") or name in own]
    seen: set[int] = set()
    for name in sorted(names, key=lambda one: (not one.startswith("django."), one in own, one)):
        for attribute, value in sorted(members(sys.modules[name]).items()):
            if id(value) not in seen and is_a(value, *SIGNAL):
                seen.add(id(value))
                yield f"{name}.{attribute}", value


def live(signal: Any) -> list[tuple[tuple[Any, Any], Any]]:
    """Key and function of each receiver that is still alive.

    An entry is ``(key, receiver)``, since Django 5 with a third part that says whether it is asynchronous.
    """
    found = []
    for key, receiver, *_ in list(signal.receivers):
        value = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
        if value is not None:
            found.append((key, value))
    return found


def _fact(signal: str, key: tuple[Any, Any], receiver: Any, project: Project) -> Facts | None:
    function = inspect.unwrap(getattr(receiver, "__func__", receiver))
    if type(function) is not FunctionType or not project.owns_file(function.__code__.co_filename):
        return None
    code = function.__code__
    bound = getattr(receiver, "__self__", None)
    return {
        "signal": signal,
        "sender": _sender(key[1]),
        "module": str(function.__module__),
        "function": function.__qualname__,
        "location": project.location(code.co_filename, code.co_firstlineno),
        "identity": hash((id(function), id(bound))),
        "body": _digest(function) if bound is None else "",
        # without a dispatch_uid the key is made of the receiver's identity
        "uid": key[0] if isinstance(key[0], str) else "",
    }


def _sender(identity: Any) -> str:
    """The model or application whose identity a key holds; empty for none, which is every sender."""
    from django.apps import apps  # type: ignore[import-untyped,unused-ignore]

    if identity == id(None):
        return ""
    if apps.ready:
        for model in apps.get_models(include_auto_created=True):
            if id(model) == identity:
                return str(model._meta.label)
        for config in apps.get_app_configs():
            if id(config) == identity:
                return str(config.label)
    return f"object {identity}"


def _digest(function: FunctionType) -> str:
    """A digest of what a function does: its parameters, its body, and what the names in it stand for.

    Equal for a copy in another module, although its name, docstring, decorators or logger are others. Empty
    where that cannot be told, and for one that does nothing.
    """
    if function.__closure__:
        return ""
    node = _definition(function.__code__)
    statements = _without_docstring(node) if node is not None else []
    if node is None or all(isinstance(one, ast.Pass) for one in statements):
        return ""
    texts = [ast.dump(node.args), *map(ast.dump, statements)]
    texts += [_meaning(one, 0) for one in function.__defaults__ or ()]
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            texts.append(f"{name} {_meaning(function.__globals__[name], 1)}")
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _definition(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    tree = tree_of(code.co_filename)
    for node in walk(tree) if tree is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if node.name == code.co_name and first == code.co_firstlineno:
                return node
    return None


def _without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def _names(code: CodeType) -> set[str]:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _meaning(value: Any, depth: int) -> str:
    """What tells a value from others; equal constants and copied functions are the same, and all loggers."""
    if type(value) in (str, bytes, int, float, bool, type(None)):
        return repr(value)
    if is_a(value, "logging.Logger"):
        return "logger"
    if type(value) is FunctionType and depth and (node := _definition(value.__code__)) is not None:
        return ast.dump(node)
    return str(id(value))
