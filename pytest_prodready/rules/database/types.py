"""The enum types of a database, found as the application's session would find them."""

from __future__ import annotations

from pytest_prodready.facts import Database, DatabaseColumn, DatabaseEnum, EnumColumn


class DatabaseTypes:
    """The types and columns of one database, by name."""

    def __init__(self, database: Database) -> None:
        self._enums = {(found.schema, found.name): found for found in database.enums}
        self._visible = {found.name: found for found in database.enums if found.visible}
        self._columns: dict[tuple[str | None, str], dict[str, DatabaseColumn]] = {}
        for column in database.columns:
            self._columns.setdefault((column.schema, column.table), {})[column.column] = column
            if column.visible:
                self._columns.setdefault((None, column.table), {})[column.column] = column

    def named(self, name: str, schema: str | None = None) -> DatabaseEnum | None:
        """The enum type ``name`` of ``schema``; without one, as the session's search path finds it."""
        return self._enums.get((schema, name)) if schema else self._visible.get(name)

    def behind(self, table: str, column: str, schema: str | None = None) -> DatabaseEnum | str | None:
        """The enum type of a real column, or why it has none; ``None`` when there is no such column."""
        found = self._columns.get((schema or None, table), {}).get(column)
        if found is None:
            return None
        enum = self._enums.get((found.enum_schema, found.enum_name))
        return enum or f"the real column is no enum type: the database has it as {found.type}"

    def of(self, column: EnumColumn) -> DatabaseEnum | str:
        """The enum type of the real column, else the type of its name; or why there is none, in words."""
        real = self.behind(column.table, column.column, column.schema)
        if real is not None:
            return real
        named = self.named(column.type_name, column.type_schema)
        if named is not None:
            return named
        table = ".".join(part for part in (column.schema, column.table) if part)
        known = (column.schema or None, column.table) in self._columns
        what = f"the column {column.name}" if known else f"the table {table}"
        return f"the database has neither {what} nor the enum type {column.type_name}"
