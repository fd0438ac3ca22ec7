"""Whether it is Django's own code that a call on a manager, a queryset or a model runs."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from types import FunctionType
from typing import Any

from .lookup_paths import is_djangos
from .models import MANAGER, QUERYSET, descends, held, own, queryset_class

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
RESOLVING = (
    "__init__",
    "query",
    "_annotate",
    "_extract_model_params",
    "_filter_or_exclude",
    "_filter_or_exclude_inplace",
    "_values",
)
"""What a queryset may define to resolve names in a way of its own, or by a query of its own."""


def of_query(cls: type, name: str) -> bool:
    """Whether ``name`` of a manager's or a queryset's class is Django's method, and not the application's."""
    if not is_djangos(held(cls, name)[1]):
        return False
    if not descends(cls, MANAGER):
        return descends(cls, QUERYSET) and not own(cls, *RESOLVING)
    # a manager's own methods call those of its queryset
    behind, begin = queryset_class(cls), held(cls, "get_queryset")[1]
    if behind is None or not (is_djangos(begin) or "super().get_queryset(" in _source(begin)):
        return False
    return is_djangos(held(behind, name)[1]) and not own(behind, *RESOLVING)


def takes_only_fields(model: type) -> bool:
    """Whether ``Model(**keywords)`` hands all keywords on to Django's own ``__init__``."""
    if any("__call__" in vars(kind) for kind in type.mro(type(model)) if kind not in (type, object)):
        return False
    for base in model.__mro__:
        if base is object or is_djangos(base):
            continue
        if "__new__" in vars(base):
            return False
        if "__init__" in vars(base) and not _hands_on(vars(base)["__init__"]):
            return False
    return True


def saves_as_django(model: type, name: str) -> bool:
    """Whether ``save(update_fields=…)`` reaches Django's own method with the names as they are."""
    for base in model.__mro__:
        if base is object or is_djangos(base) or name not in vars(base):
            continue
        method = vars(base)[name]
        if "update_fields" in _source(method) or not _hands_on(method, more=True):
            return False
    return True


@functools.lru_cache(maxsize=1024)
def _hands_on(function: Any, *, more: bool = False) -> bool:
    """Whether a method has ``**kwargs`` and does nothing with it but to pass it on.

    Args:
        function: the method.
        more: it may have parameters of its own.
    """
    try:
        node = ast.parse(textwrap.dedent(_source(function))).body[0]
    except (SyntaxError, IndexError, ValueError, RecursionError):
        return False
    if not isinstance(node, FUNCTIONS) or node.args.kwarg is None or node.decorator_list:
        return False
    named = node.args.kwonlyargs or len(node.args.posonlyargs + node.args.args) > 1
    if named and not more:
        return False
    name = node.args.kwarg.arg
    passed = [
        keyword.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == name
    ]
    used = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == name]
    return bool(passed) and len(used) == len(passed)


def _source(function: Any) -> str:
    """The source of a method; empty where there is none."""
    if not isinstance(function, FunctionType):
        return ""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError, SyntaxError):
        return ""
