"""What the methods of sessions give, also of those that are only called so."""

from __future__ import annotations

import ast
from typing import Any

from ...nodes import last_name
from ..value import Call, Class, Instance, Known, Live, Value
from . import mapped, results, statements
from .attributes import entity
from .states import Selected, Statement, words

SYNC, ASYNC, NAMED, UNKNOWN_ONE = "sync", "async", "named", "unknown"
SESSIONS = {
    ("sqlalchemy.orm", "Session"): SYNC,
    ("sqlalchemy.orm", "scoped_session"): SYNC,
    ("flask_sqlalchemy", "SQLAlchemy"): SYNC,
    ("sqlalchemy.ext.asyncio", "AsyncSession"): ASYNC,
    ("sqlalchemy.ext.asyncio", "async_scoped_session"): ASYNC,
}
MAKERS = (("sqlalchemy.orm", "sessionmaker"), ("sqlalchemy.ext.asyncio", "async_sessionmaker"))
CORE = ("conn", "engine", "cursor", "bind", "transaction", "trans")
"""Parts of names of what executes a statement and gives no entities."""
METHODS = words("""
    query get get_one execute scalars scalar stream stream_scalars exec merge get_or_404 first_or_404
    one_or_404 paginate
    """)


def called(call: Call) -> Value | None:
    """What a method of a session gives; ``None`` for another method, and for what is no session."""
    if call.name not in METHODS:
        return None
    kind = receiver(call)
    if kind is None:
        return None
    certain = kind in (SYNC, ASYNC)
    if call.name == "query":
        return _query(call, kind)
    if call.name == "merge":
        value = call.args[0] if call.args and certain else None
        mapped_one = isinstance(value, Instance) and mapped.mapper_of(value.cls) is not None
        return _given(value, kind, call.node.lineno) if mapped_one else None
    if call.name in ("get", "get_one", "get_or_404"):
        return _get(call, kind) if kind != UNKNOWN_ONE else None
    return _executed(call, kind)


def runs(call: Call) -> bool:
    """Whether a method of a session is called whose argument says what it gives."""
    return call.name in METHODS and receiver(call) is not None


def receiver(call: Call) -> str | None:
    """How sure it is that a method is that of a session, and of which kind; ``None`` for no session."""
    owner = call.owner
    if owner is None:
        if not isinstance(call.node.func, ast.Attribute):
            return None
        name = last_name(call.node.func.value).lower()
        if not name:  # of a call: session(), get_session(…)
            inner = call.node.func.value
            name = last_name(inner.func).lower() if isinstance(inner, ast.Call) else ""
        if any(part in name for part in CORE):
            return None
        return NAMED if "session" in name or name == "db" else UNKNOWN_ONE
    if isinstance(owner, Class):
        return None
    cls = type(owner.value) if isinstance(owner, Live) else owner.cls
    for (module, name), kind in SESSIONS.items():
        session = mapped.loaded(module, name)
        if isinstance(session, type) and session in mapped.bases(cls):
            return kind if mapped.of_library(cls, call.name) else None
    return None


def held(value: Live) -> Value | None:
    """A session, or what hands out one for each thread, as an instance; ``None`` for another object."""
    cls = type(value.value)
    for module, name in SESSIONS:
        session = mapped.loaded(module, name)
        if name != "SQLAlchemy" and isinstance(session, type) and session in mapped.bases(cls):
            extra = frozenset(getattr(value.value, "__dict__", ()))
            return Instance(cls, Known("kept"), exact=True, extra=extra)
    return None


def made(call: Call) -> Value | None:
    """What a ``sessionmaker`` gives when it is called."""
    for module, name in MAKERS:
        if mapped.is_a(call.function, module, name):
            cls = vars(call.function).get("class_")
            if isinstance(cls, type):
                return Instance(cls, Known("made", call.node.lineno), exact=True)
    return None


def _query(call: Call, kind: str) -> Instance | None:
    query = mapped.loaded("sqlalchemy.orm", "Query")
    if query is None or kind == ASYNC:
        return None
    return statements.queried(call, query, opened=kind == UNKNOWN_ONE)


def _get(call: Call, kind: str) -> Value | None:
    target = call.args[0] if call.args else call.keywords.get("entity")
    more = len(call.node.args) > 1 or "ident" in call.keywords
    if not isinstance(target, Class) or not more or call.spread:
        return None
    value = entity(target.cls, call.node.lineno, optional=call.name == "get")
    return _given(value, kind, call.node.lineno)


def _executed(call: Call, kind: str) -> Value | None:
    name, line = call.name, call.node.lineno
    statement = call.args[0] if call.args else call.keywords.get("statement") or call.keywords.get("select")
    if not isinstance(statement, Instance) or not isinstance(statement.state, Statement):
        return None
    state = statement.state
    if not state.columns or state.kind == "query":
        return None
    value = _result(name, state, state.columns, kind, line)
    return _given(value, kind, line) if name not in ("first_or_404", "one_or_404", "paginate") else value


def _result(name: str, state: Statement, columns: tuple[Selected, ...], kind: str, line: int) -> Value | None:
    opened = kind == UNKNOWN_ONE
    if name == "execute" or (name == "exec" and not state.scalars):
        return results.result(columns, line, opened=opened)
    if name in ("scalars", "exec"):
        return results.scalars(columns, line, opened=opened)
    if name == "stream":
        return results.result(columns, line, asynchronous=True, opened=opened)
    if name == "stream_scalars":
        return results.scalars(columns, line, asynchronous=True, opened=opened)
    first = columns[0].value
    if name == "scalar":
        return first._replace(optional=True) if isinstance(first, Instance) else None
    if name == "paginate":
        return results.page(first, line)
    return first


def _given(value: Value | None, kind: str, line: int) -> Value | None:
    """What a method gives: at once, of an asynchronous session when it is awaited, of an unknown one both."""
    if not isinstance(value, Instance) or kind == SYNC:
        return value
    if kind == ASYNC:
        return results.awaitable(value, line)
    return value._replace(awaited=value)


def of_library(owner: Instance, name: str) -> bool:
    """Whether a method of a statement or a result is SQLAlchemy's own, and not one of the application."""
    return mapped.of_library(owner.cls, name)


def extension(value: Value | None) -> Any:
    """The extension object of Flask-SQLAlchemy that a value is; else ``None``."""
    cls = mapped.loaded("flask_sqlalchemy", "SQLAlchemy")
    if isinstance(value, Live) and isinstance(cls, type) and cls in mapped.bases(type(value.value)):
        return value.value
    return None
