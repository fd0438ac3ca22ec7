"""SQLAlchemy's part in following values: rows of queries, related objects, values of columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from ...project import Project
from ..value import Asked, Call, Class, Framework, Instance, Live, Value
from . import closed, lookups, mapped, options, results, sessions, statements
from .attributes import attribute, references
from .states import Columns, Rows, Statement

BEGINNING = (
    ("sqlalchemy", ("select", "update", "insert", "delete")),
    ("sqlalchemy.future", ("select",)),
    ("sqlalchemy.sql.expression", ("select", "update", "insert", "delete")),
    ("sqlmodel", ("select", "update", "insert", "delete")),
    ("sqlalchemy.dialects.postgresql", ("insert",)),
    ("sqlalchemy.dialects.mysql", ("insert",)),
    ("sqlalchemy.dialects.sqlite", ("insert",)),
)
"""Where the functions are that begin a statement."""


class SqlalchemyValues(Framework):
    """What SQLAlchemy adds to the plain rules of Python; a :class:`~.value.Framework`.

    The mappers are configured when it is made: before, the attributes that others bring are not there.

    Args:
        project: the application.
    """

    def __init__(self, project: Project) -> None:
        mapped.configure()
        self._names: dict[Hashable, tuple[Value, frozenset[str] | None]] = {}
        self._beginning: dict[int, tuple[str, Any]] = {}
        for module, names in BEGINNING:
            for name in names:
                function = mapped.loaded(module, name)
                if function is not None:
                    self._beginning[id(function)] = (name, function)

    def attribute(self, owner: Value, name: str, line: int) -> Value | None:
        """What ``owner.name`` is: a related object, a collection, the value of a column, a query."""
        extension = sessions.extension(owner)
        if extension is not None:  # its other names are looked up in SQLAlchemy's modules
            value = vars(extension).get("session") if name == "session" else None
            return sessions.held(Live(value)) if value is not None else None
        if isinstance(owner, Instance) and isinstance(owner.state, Columns):
            return closed.collection(owner.state, name, line)
        return attribute(owner, name, line)

    def call(self, call: Call) -> Value | None:
        """What a call gives: a statement, a result, a row."""
        function, owner = call.function, call.owner
        if sessions.extension(owner) is not None and function is None:  # db.select
            function = mapped.loaded("sqlalchemy", call.name) or mapped.loaded("sqlalchemy.orm", call.name)
        name, known = self._beginning.get(id(function), ("", None))
        if known is not None and known is function:
            return statements.made(name, function, call)
        if function is not None and function is mapped.loaded("sqlalchemy.orm", "aliased"):
            return _aliased(call)
        made = sessions.made(call)
        if made is not None:
            return made
        option = options.loading(call, function)
        if option is not None:
            return option
        if isinstance(owner, Instance) and isinstance(owner.state, (Statement, Rows)):
            return _method(owner, call)
        return sessions.called(call)

    def runs(self, call: Call) -> bool:
        """Whether a session runs a statement."""
        return sessions.runs(call)

    def relations(self, owner: Instance, column: str) -> Iterable[str]:
        """The relationships that go through a column."""
        return references(owner.cls, column)

    def names(self, owner: Value) -> frozenset[str] | None:
        """All the names of a row, of a table's columns, of an attribute asked of its class."""
        if isinstance(owner, Class):
            return None
        # an object that a module holds may have a hash of its own
        key = id(owner.value) if isinstance(owner, Live) else (owner.cls, owner.state)
        if key not in self._names:
            self._names[key] = owner, closed.names(owner)
        return self._names[key][1]

    def live(self, value: Live) -> Value | None:
        """A session that a module holds is an instance like another one."""
        return sessions.held(value)

    def lookups(self, call: Call) -> Iterable[Asked]:
        """The names that a call asks a mapped class for."""
        return lookups.asked(call)


def _method(owner: Instance, call: Call) -> Value | None:
    if not sessions.of_library(owner, call.name):
        return None
    if isinstance(owner.state, Rows):
        return results.fetched(owner, owner.state, call)
    if call.name in closed.SUBQUERIES and isinstance(owner.state, Statement):
        return closed.subquery(owner.state, call)
    found = statements.chained(owner, owner.state, call) if isinstance(owner.state, Statement) else None
    if found is None and isinstance(owner.state, Statement) and owner.state.kind == "query":
        return results.queried(owner.state, call)
    return found


def _aliased(call: Call) -> Value | None:
    """An alias has the attributes of its class, asked of the class."""
    first = call.args[0] if call.args else None
    if isinstance(first, Class) and mapped.mapper_of(first.cls) is not None:
        return first
    return None
