"""What the arguments of a query's methods say of its rows: names, fields, relations that are not null."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...nodes import last_name, walk
from ..value import UNKNOWN, Call
from .query import Query

AGGREGATES = {"Avg", "Count", "Max", "Min", "StdDev", "Sum", "Variance"}
"""Those of Django's aggregates that name themselves after their class and what they are made of."""


def annotated(query: Query, call: Call, *, shown: bool) -> Query:
    """The query after ``annotate``, ``alias`` or ``extra``.

    Args:
        query: the one before.
        call: the call.
        shown: each row has the names as attributes.
    """
    names = {keyword.arg for keyword in call.node.keywords if keyword.arg is not None}
    opened = call.spread
    if call.name == "extra":
        names, opened = _selected(call)
    for arg in () if call.name == "extra" else call.node.args:
        alias = _alias(arg, call)
        names.add(alias)
        opened = opened or not alias
    names.discard("")
    return query._replace(
        annotations=query.annotations | names,
        shown=query.shown | names if shown else query.shown,
        opened=query.opened or opened,
    )


def _selected(call: Call) -> tuple[set[str], bool]:
    """The names that ``extra(select={…})`` gives, and whether there may be others."""
    first = call.node.args[:1]
    select = next(
        (one.value for one in call.node.keywords if one.arg == "select"), first[0] if first else None
    )
    if call.spread:
        return set(), True
    if select is None:
        return set(), False
    keys = [call.constant(key) if key is not None else UNKNOWN for key in getattr(select, "keys", ())]
    names = {key for key in keys if type(key) is str}
    return names, not isinstance(select, ast.Dict) or len(names) != len(keys)


def _alias(node: ast.expr, call: Call) -> str:
    """``items__count`` for ``Count("items")``; empty where it cannot be told."""
    if not isinstance(node, ast.Call) or last_name(node.func) not in AGGREGATES or len(node.args) != 1:
        return ""
    source = node.args[0]
    if isinstance(source, ast.Call) and last_name(source.func) == "F" and len(source.args) == 1:
        source = source.args[0]
    written = call.constant(source)
    return f"{written}__{last_name(node.func).lower()}" if type(written) is str else ""


def attached(query: Query, call: Call) -> Query:
    """The query after ``prefetch_related``: ``Prefetch(…, to_attr=…)`` gives each row one more attribute."""
    names: set[str] = set()
    more = call.spread
    for arg in call.node.args:
        if isinstance(arg, ast.Call) and last_name(arg.func) == "Prefetch":
            lookup, name = _prefetch(arg, call)
            if type(name) is str and type(lookup) is str:
                # behind a path, it is the related objects that have the attribute
                names.update(() if "__" in lookup else (name,))
            elif name is not None:
                more = True
        elif type(call.constant(arg)) is not str:
            more = True
    return query._replace(shown=query.shown | names, more=query.more or more)


def _prefetch(node: ast.Call, call: Call) -> tuple[object, object]:
    """The lookup of a ``Prefetch`` and the attribute that it fills, ``None`` for none."""
    given = dict(zip(("lookup", "queryset", "to_attr"), node.args, strict=False))
    given.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    if any(keyword.arg is None for keyword in node.keywords) or len(node.args) > len(given):
        return UNKNOWN, UNKNOWN
    lookup, name = given.get("lookup"), given.get("to_attr")
    return call.constant(lookup) if lookup is not None else UNKNOWN, name and call.constant(name)


def asked_for(query: Query, call: Call, row: str) -> Query:
    """The query after ``values`` (``row`` is ``dict``) or ``values_list`` (``tuple``)."""
    fields = [call.constant(arg) for arg in call.node.args]
    texts = tuple(one for one in fields if type(one) is str)
    given = {one.arg: one.value for one in call.node.keywords if one.arg is not None}
    named = False
    if row == "tuple":
        flat, named = (_switched(given.pop(name, None), call) for name in ("flat", "named"))
        if flat:
            row = "flat"
    return query._replace(
        row=row,
        fields=texts if len(texts) == len(fields) and not given and not call.spread else (),
        named=named,
        annotations=query.annotations | set(given),
        opened=query.opened or call.spread,
    )


def _switched(node: ast.expr | None, call: Call) -> bool:
    """Whether an option may be on."""
    return node is not None and call.constant(node) is not False


def never_null(query: Query, call: Call, *, given: bool) -> Query:
    """The query after ``filter`` or ``get`` (``given``), or ``exclude``: relations it looks through.

    A relation that anything in the arguments names is taken for one, where that is not plainly a null.
    """
    names: set[str] = set()
    for keyword in call.node.keywords:
        if keyword.arg is not None and _is_null(keyword, call) is not given:
            names.update(_relation(keyword.arg))
    for arg in call.node.args:
        for name in _named_in(arg):
            names.update(_relation(name))
    return query._replace(present=query.present | names) if names else query


def _is_null(keyword: ast.keyword, call: Call) -> bool | None:
    """Whether ``keyword`` asks for a null; ``None`` for what a null never answers."""
    value = call.constant(keyword.value)
    if (keyword.arg or "").endswith("__isnull"):
        return value if type(value) is bool else None
    return value is None


def _relation(path: str) -> Iterator[str]:
    first = path.partition("__")[0]
    yield first
    if first.endswith("_id"):
        yield first[:-3]


def _named_in(node: ast.expr) -> Iterator[str]:
    """The keywords of all calls in an expression, such as ``Q(owner__name=…) & ~Q(owner=None)``."""
    for one in walk(node):
        if isinstance(one, ast.keyword) and one.arg:
            yield one.arg
