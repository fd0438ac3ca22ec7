"""The types and columns of a database, found as the application's session would find them."""

from __future__ import annotations

from pytest_prodready.facts import Database, DatabaseColumn, DatabaseEnum


class DatabaseTypes:
    """The types and columns of one database, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._enums = {(found.schema, found.name): found for found in database.enums}
        self._visible = {found.name: found for found in database.enums if found.visible}
        self._columns: dict[tuple[str | None, str], dict[str, DatabaseColumn]] = {}
        for column in database.columns:
            key = self._column_name(column.column)
            self._columns.setdefault(self._table(column.table, column.schema), {})[key] = column
            if column.visible:
                self._columns.setdefault(self._table(column.table, None), {})[key] = column

    def named(self, name: str, schema: str | None = None) -> DatabaseEnum | None:
        """The enum type ``name`` of ``schema``; without one, as the session's search path finds it."""
        return self._enums.get((schema, name)) if schema else self._visible.get(name)

    def column(self, table: str, column: str, schema: str | None = None) -> DatabaseColumn | None:
        """The real column, named as a mapping names it; ``None`` when there is none."""
        return self._columns.get(self._table(table, schema), {}).get(self._column_name(column))

    def has_table(self, table: str, schema: str | None = None) -> bool:
        """Whether the columns of the table could be read."""
        return self._table(table, schema) in self._columns

    def behind(self, table: str, column: str, schema: str | None = None) -> DatabaseEnum | str | None:
        """The enum type of a real column, or why it has none; ``None`` when there is no such column."""
        found = self.column(table, column, schema)
        if found is None:
            return None
        enum = self._enums.get((found.enum_schema, found.enum_name))
        return enum or f"the real column is no enum type: the database has it as {found.type}"

    def _table(self, table: str, schema: str | None) -> tuple[str | None, str]:
        if not self._database.folds_tables:
            return schema or None, table
        return (schema.lower() if schema else None), table.lower()

    def _column_name(self, column: str) -> str:
        return column.lower() if self._database.folds_columns else column
