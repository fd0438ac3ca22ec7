"""What a statement selects and reads from, step by step as it is built."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from ..value import Call, Class, Instance, Known, Value
from . import mapped
from .attributes import entity, instance_attribute, selected
from .states import Column, Row, Selected, Statement, words

SAME = words("""
    where filter filter_by order_by group_by having distinct limit offset fetch slice options
    prefix_with suffix_with with_parent with_hint with_statement_hint with_for_update execution_options params
    correlate correlate_except yield_per populate_existing enable_eagerloads autoflush enable_assertions
    with_session with_labels set_label_style apply_labels from_statement with_lockmode values
    on_conflict_do_nothing on_conflict_do_update on_duplicate_key_update inline ordered_values
    """)
"""Methods that give a statement with the same entities."""
RELABELLING = ("with_labels", "set_label_style", "apply_labels")
JOINS = ("join", "outerjoin")
JOINS_FROM = ("join_from", "outerjoin_from")
COMBINING = words("union union_all intersect intersect_all except_ except_all from_self")
"""Methods of a ``Query`` that give one with the same entities, read from somewhere else."""
CHANGING = {"update": "Update", "insert": "Insert", "delete": "Delete"}


def made(name: str, function: Any, call: Call) -> Instance | None:
    """What one of SQLAlchemy's functions that begin a statement gives.

    Args:
        name: ``select``, ``update``, ``insert`` or ``delete``.
        function: the function itself.
        call: its call.
    """
    if name in CHANGING:
        target = call.args[0] if call.args else call.keywords.get("table")
        if not isinstance(target, Class) or mapped.mapper_of(target.cls) is None:
            return None
        kind = mapped.loaded("sqlalchemy.sql.expression", CHANGING[name])
        return _instance(kind, Statement((), (target.cls,), target.cls, "change"), call)
    columns = _columns(call, call.node.args, call.args)
    if columns is None or not columns:
        return None
    kind = mapped.loaded("sqlalchemy.sql.expression", "Select")
    scalars = False
    if function is mapped.loaded("sqlmodel", "select"):
        scalars = len(columns) == 1
        kind = mapped.loaded("sqlmodel.sql.expression", "SelectOfScalar" if scalars else "Select")
    state = Statement(columns, _froms(columns), columns[0].cls, scalars=scalars)
    return _instance(kind, state, call)


def queried(call: Call, query: type, opened: bool) -> Instance | None:
    """What ``session.query(…)`` gives: a ``Query`` with its rows; ``None`` when nothing in it is known."""
    columns = _columns(call, call.node.args, call.args)
    if not columns or (opened and all(one.cls is None for one in columns)):
        return None
    state = Statement(columns, _froms(columns), columns[0].cls, "query")
    return _instance(query, state, call, opened)


def chained(owner: Instance, state: Statement, call: Call) -> Instance | None:
    """What a method of a statement gives that is a statement again; ``None`` for another method."""
    name = call.name
    if name in RELABELLING and state.kind != "query":
        changed = None  # its rows have other names
    elif name in SAME:
        # values() of a query selects: it is no part of a chain
        changed = None if name == "values" and state.kind == "query" else state
    elif name in JOINS:
        changed = _joined(state, call, _target(state, call))
    elif name in JOINS_FROM:
        changed = _joined(state, call, _class_of(call.args[1]) if len(call.args) == 2 else None)
    elif name == "select_from":
        changed = _read_from(state, call)
    elif name in ("add_columns", "add_column", "add_entity", "with_entities", "with_only_columns"):
        changed = _with_columns(state, call)
    elif name == "returning" and state.kind == "change":
        changed = state._replace(columns=_columns(call, call.node.args, call.args))
    elif name == "reset_joinpoint":
        changed = state._replace(target=None)
    elif name in COMBINING and state.kind == "query":
        kept = None if name == "from_self" and (call.args or call.spread) else state.columns
        changed = state._replace(columns=kept, target=None, froms=(*state.froms, None))
    else:
        changed = None
    if changed is None:
        return None
    changed = changed._replace(scalars=changed.scalars and name != "add_columns")
    return owner._replace(
        state=changed,
        items=row(changed, call.node.lineno) if changed.kind == "query" else None,
        optional=False,
    )


def row(state: Statement, line: int) -> Value | None:
    """What a row of a statement is; of a ``Query`` of one entity, that entity."""
    if not state.columns:
        return None
    if state.kind == "query" and len(state.columns) == 1 and state.columns[0].entity:
        return state.columns[0].value
    return row_of(state.columns, line)


def row_of(columns: tuple[Selected, ...], line: int, certain: bool = True) -> Instance | None:
    """A row of these columns; ``certain`` says that a session gives it."""
    kind = mapped.loaded("sqlalchemy.engine", "Row")
    if kind is None:
        return None
    parts = tuple(one.value for one in columns)
    names = frozenset(one.name for one in columns if one.name)
    return Instance(
        kind, Known("queried", line), parts=parts, extra=names, opened=True, state=Row(columns, certain)
    )


def _instance(kind: Any, state: Statement, call: Call, opened: bool = False) -> Instance | None:
    if not isinstance(kind, type):
        return None
    items = row(state, call.node.lineno) if state.kind == "query" else None
    return Instance(kind, Known("queried", call.node.lineno), items=items, opened=opened, state=state)


def _columns(call: Call, nodes: Sequence[ast.expr], values: Sequence[Value | None]) -> Any:
    """Each of the things that are selected; ``None`` where there are more than are written."""
    if call.spread or len(nodes) != len(values):
        return None
    found = []
    for node, value in zip(nodes, values, strict=True):
        if isinstance(node, (ast.List, ast.Tuple)):  # what select() took before SQLAlchemy 2
            return None
        found.append(_selected(call, node, value))
    return tuple(found)


def _selected(call: Call, node: ast.expr, value: Value | None) -> Selected:
    if isinstance(value, Class):
        whole = selected(value.cls, node.lineno)
        if whole is not None:
            return whole
    label = _label(call, node)
    if isinstance(value, Instance) and isinstance(value.state, Column) and not label:
        cls, name = value.state.cls, value.state.name
        return Selected(name, instance_attribute(cls, name, node.lineno), False, cls)
    return Selected(label, None)


def _label(call: Call, node: ast.expr) -> str:
    """``n`` of ``….label("n")``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "label":
        text = call.constant(node.args[0]) if len(node.args) == 1 else None
        return text if isinstance(text, str) else ""
    return ""


def _froms(columns: tuple[Selected, ...]) -> tuple[type | None, ...]:
    return tuple(dict.fromkeys(one.cls for one in columns))


def _class_of(value: Value | None) -> type | None:
    """The mapped class that a value stands for."""
    if isinstance(value, Class) and entity(value.cls, 0) is not None:
        return value.cls
    return None


def _target(state: Statement, call: Call) -> type | None:
    """The class that a call of ``join`` leads to; ``None`` when that is not known."""
    if call.spread or not 0 < len(call.args) <= 2 or set(call.keywords) - {"isouter", "full", "onclause"}:
        return None
    first = call.args[0]
    if isinstance(first, Class):
        # before SQLAlchemy 2 each further class is one more join
        return None if len(call.args) == 2 and isinstance(call.args[1], Class) else _class_of(first)
    if isinstance(first, Instance) and isinstance(first.state, Column) and len(call.args) == 1:
        return mapped.related(mapped.property_of(first.state.cls, first.state.name))
    text = call.constant(call.node.args[0]) if len(call.args) == 1 else None
    if isinstance(text, str) and state.kind == "query" and state.columns and len(set(state.froms)) == 1:
        # a text begins at the first entity, whatever was joined before
        start = state.columns[0].cls
        return mapped.related(mapped.property_of(start, text)) if start is not None else None
    return None


def _joined(state: Statement, call: Call, target: type | None) -> Statement:
    froms = (*state.froms, target)
    if call.name in JOINS_FROM and call.args:
        froms = (*froms, _class_of(call.args[0]))
    return state._replace(target=target, froms=froms)


def _read_from(state: Statement, call: Call) -> Statement:
    """``select_from``: of several, or after a join, what is asked is not followed."""
    target = _class_of(call.args[0]) if len(call.args) == 1 and not call.spread else None
    first = state.columns[0].cls if state.columns else None
    plain = state.froms in ((), (None,), (first,))
    return state._replace(target=target if plain else None, froms=(*state.froms, target))


def _with_columns(state: Statement, call: Call) -> Statement:
    more = _columns(call, call.node.args, call.args)
    if call.keywords:
        more = None
    if call.name.startswith("add_") and more is not None:
        more = (*state.columns, *more) if state.columns is not None else None
        return state._replace(columns=more, froms=(*state.froms, *(_froms(more) if more else (None,))))
    froms = (*state.froms, *(_froms(more) if more else (None,)))
    target = state.target
    if len(set(state.froms)) <= 1:  # nothing was joined: the first one that is selected is asked
        target = more[0].cls if more else None
    return state._replace(columns=more, target=target, froms=froms, scalars=False)
