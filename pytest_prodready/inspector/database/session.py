"""One small interface to an open connection, whatever made it: SQLAlchemy, Django, or ``sqlite3`` itself."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

Rows = list[tuple[Any, ...]]


class Session(ABC):
    """An open connection on which statements are run that only read.

    Statements hold ``:name`` where a parameter stands. A list fills the place behind ``IN``, whatever its
    length; an empty one matches nothing. No statement holds a colon or a percent sign in a literal.
    """

    vendor = ""
    """The name that the library has for the database: ``postgresql``, ``mysql``, ``sqlite`` …"""
    typed = False
    """A text is sent as one, and not as something that PostgreSQL may take for a value of any type."""

    def rows(self, statement: str, **parameters: object) -> Rows:
        """The rows that ``statement`` gives.

        Raises:
            Exception: whatever the driver raises, or the library around it.
        """
        return self._rows(*_expanded(statement, parameters))

    def value(self, statement: str, **parameters: object) -> str:
        """The first value of the first row, as text; empty when there is none."""
        rows = self.rows(statement, **parameters)
        return "" if not rows or rows[0][0] is None else str(rows[0][0])

    @abstractmethod
    def run(self, statement: str) -> None:
        """A statement that gives no rows and changes this session alone (``SET …``)."""

    def begin(self) -> None:  # noqa: B027  # not every library needs it
        """Open a transaction, for a library that would open none by itself."""

    def leave_autocommit(self) -> None:  # noqa: B027  # not every library needs it
        """Have the driver open transactions, on this connection only."""

    def rollback(self) -> None:  # noqa: B027  # not every library needs it
        """End what :meth:`begin` has begun."""

    @abstractmethod
    def _rows(self, statement: str, parameters: dict[str, object]) -> Rows: ...


class SQLAlchemySession(Session):
    """Over a ``Connection``; of an asynchronous one, over the ``Connection`` that ``run_sync`` hands over."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.vendor = str(connection.dialect.name)
        self.typed = self._writes_types()
        self._transaction: Any = None

    def _writes_types(self) -> bool:
        """Whether the dialect writes ``$1::VARCHAR``, as SQLAlchemy 2 does for drivers that need it."""
        from sqlalchemy import String

        return getattr(String().dialect_impl(self.connection.dialect), "render_bind_cast", False) is True

    def run(self, statement: str) -> None:
        """See :class:`Session`."""
        from sqlalchemy import text

        self.connection.execute(text(statement))

    def begin(self) -> None:
        """See :class:`Session`."""
        self._transaction = self.connection.begin()

    def leave_autocommit(self) -> None:
        """See :class:`Session`."""
        # an engine in AUTOCOMMIT opens no transaction; this option holds for this connection only
        self.connection = self.connection.execution_options(isolation_level="READ COMMITTED")

    def rollback(self) -> None:
        """See :class:`Session`."""
        if self._transaction is not None:
            self._transaction.rollback()
            self._transaction = None

    def _rows(self, statement: str, parameters: dict[str, object]) -> Rows:
        from sqlalchemy import text

        # fetched at once: row by row takes a driver several times as long
        return [tuple(row) for row in self.connection.execute(text(statement), parameters).fetchall()]


class DjangoSession(Session):
    """Over a ``DatabaseWrapper`` of Django that belongs to nobody else."""

    def __init__(self, wrapper: Any) -> None:
        self.wrapper = wrapper
        self.vendor = str(wrapper.vendor)

    def run(self, statement: str) -> None:
        """See :class:`Session`."""
        with self.wrapper.cursor() as cursor:
            cursor.execute(statement)

    def begin(self) -> None:
        """See :class:`Session`."""
        self.wrapper.set_autocommit(False)

    def rollback(self) -> None:
        """See :class:`Session`."""
        self.wrapper.rollback()

    def _rows(self, statement: str, parameters: dict[str, object]) -> Rows:
        with self.wrapper.cursor() as cursor:
            cursor.execute(*_formatted(statement, parameters))
            return [tuple(row) for row in cursor.fetchall()]


class SQLiteSession(Session):
    """Over a connection of the standard library."""

    vendor = "sqlite"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, statement: str) -> None:
        """See :class:`Session`."""
        self.connection.execute(statement)

    def _rows(self, statement: str, parameters: dict[str, object]) -> Rows:
        return list(self.connection.execute(statement, parameters))


_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


def _expanded(statement: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The statement with one parameter for each item of a list."""
    given: dict[str, object] = {}

    def replaced(found: re.Match[str]) -> str:
        name = found[1]
        value = parameters[name]
        if isinstance(value, str) or not isinstance(value, (Sequence, set, frozenset)):
            given[name] = value
            return f":{name}"
        items = {f"{name}_{at}": item for at, item in enumerate(sorted(value))}
        given.update(items)
        return f"({', '.join(f':{key}' for key in items) or 'NULL'})"

    return _PARAMETER.sub(replaced, statement), given


def _formatted(statement: str, parameters: Mapping[str, object]) -> tuple[str, list[object]]:
    """The statement in the form that Django takes: ``%s`` in the place of each parameter."""
    order = [parameters[found[1]] for found in _PARAMETER.finditer(statement)]
    return _PARAMETER.sub("%s", statement.replace("%", "%%")), order
