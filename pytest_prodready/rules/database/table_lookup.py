"""The tables of a database, found as the application's session would find them."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_prodready.facts import Database, DatabaseColumn, DatabaseTable, MappedColumn, MappedTable

POSTGRESQL_NAME = 63
"""Bytes that PostgreSQL keeps of a name; it cuts the rest off in every statement."""
SERVERS_OWN = {
    "postgresql": {"information_schema", "pg_catalog"},
    "mysql": {"information_schema", "mysql", "performance_schema", "sys"},
    "mariadb": {"information_schema", "mysql", "performance_schema", "sys"},
}
SYSTEM_COLUMNS = {
    "postgresql": {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid"},
    "sqlite": {"rowid", "oid", "_rowid_"},
}
"""That every table has, and no catalogue lists."""
VERSIONS = {"alembic_version", "django_migrations"}
"""Tables of the migration tools alone."""


class DatabaseTables:
    """The tables and columns of one database, by name."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._placed: dict[tuple[str, str], DatabaseTable] = {}
        self._visible: dict[str, DatabaseTable] = {}
        self._schemas: dict[str, list[str]] = {}
        for table in database.tables:
            name = self._table(table.name)
            self._placed[self._table(table.schema), name] = table
            self._schemas.setdefault(name, []).append(table.schema)
            if table.visible:
                self._visible[name] = table
        self._columns: dict[tuple[str, str], dict[str, DatabaseColumn]] = {}
        for column in database.columns:
            of_table = self._columns.setdefault((column.schema, column.table), {})
            of_table[self._column(column.column)] = column
        self._known_schemas = {self._table(schema) for schema in database.schemas}

    def find(self, schema: str | None, name: str) -> DatabaseTable | None:
        """The table ``name`` of ``schema``; without one, as the session's search path finds it."""
        kept = self._table(name)
        return self._placed.get((self._table(schema), kept)) if schema else self._visible.get(kept)

    def elsewhere(self, name: str) -> list[str]:
        """The schemas that have a table of this name."""
        return self._schemas.get(self._table(name), [])

    def has_schema(self, schema: str) -> bool:
        """Whether there is such a schema."""
        return self._table(schema) in self._known_schemas

    def columns(self, table: DatabaseTable) -> dict[str, DatabaseColumn]:
        """The columns of a table by :meth:`key`; empty where they could not be read."""
        return self._columns.get((table.schema, table.name), {})

    def key(self, column: str) -> str:
        """The name by which a column is found."""
        return self._column(column)

    def missing(self, mapped: Iterable[MappedColumn], table: DatabaseTable) -> list[MappedColumn]:
        """The mapped columns that the table does not have; none where its columns could not be read."""
        real = self.columns(table)
        system = SYSTEM_COLUMNS.get(self.database.dialect, set())
        if not real:
            return []
        return [one for one in mapped if self.key(one.name) not in real and one.name.lower() not in system]

    def empty(self, brought: Iterable[str] = ()) -> bool:
        """Nothing was migrated into it: it has no table but those that extensions, tools and libraries bring.

        Args:
            brought: tables of libraries, which some of these make when the application starts.
        """
        database = self.database
        if database.applied or any(one.revisions for one in database.versions):
            return False
        tools = VERSIONS | {one.name for one in database.versions} | {name.lower() for name in brought}
        return all(table.extension or table.name.lower() in tools for table in database.tables)

    def is_servers_own(self, table: MappedTable) -> bool:
        """Whether the server itself brings the table, so that no catalogue query of ours lists it."""
        dialect, name = self.database.dialect, table.name.lower()
        if table.schema and table.schema.lower() in SERVERS_OWN.get(dialect, set()):
            return True
        prefix = {"postgresql": "pg_", "sqlite": "sqlite_"}.get(dialect)
        return prefix is not None and name.startswith(prefix) and self.find(table.schema, table.name) is None

    def _table(self, name: str) -> str:
        return name.lower() if self.database.folds_tables else self._kept(name)

    def _column(self, name: str) -> str:
        return name.lower() if self.database.folds_columns else self._kept(name)

    def _kept(self, name: str) -> str:
        if self.database.dialect != "postgresql" or len(name) * 4 <= POSTGRESQL_NAME:
            return name
        return name.encode()[:POSTGRESQL_NAME].decode(errors="ignore")
