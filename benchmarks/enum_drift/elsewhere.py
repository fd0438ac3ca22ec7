"""The same question for MariaDB and SQLite: drifts that these can have, and healthy neighbours of them."""

from __future__ import annotations

from cases import Case, column

VALUES = "values_callable=values"
CHECKED = "native_enum=False, length=20, create_constraint=True"


def made(name: str, kind: str, rows: str = "") -> str:
    """The statements that make the table with a column ``state`` of ``kind``."""
    return f"CREATE TABLE {name}_places (id INTEGER NOT NULL PRIMARY KEY, state {kind});\n{rows}"


def of(name: str, title: str, written: str, kind: str, *values: str) -> Case:
    """A column ``state`` of ``kind`` with rows of these values."""
    rows = "".join(
        f"INSERT INTO {name}_places (id, state) VALUES ({at}, '{value}');\n"
        for at, value in enumerate(values)
    )
    return Case(name, title, column(name, written), made(name, kind, rows))


def checked(name: str, title: str, written: str, check: str) -> Case:
    """A column of text with a CHECK."""
    named = f"{written}, {CHECKED}, name='{name}_kind'"
    return of(name, title, f"Enum({named})", f"VARCHAR(20), CONSTRAINT {name}_kind CHECK ({check})")


MARIADB = (
    of("m01", "names sent, the ENUM has the values", "Enum(Status)", "ENUM('New', 'Not a Fit', 'Done')"),
    of("m02", "label missing in the ENUM", f"Enum(Status, {VALUES})", "ENUM('New', 'Done')"),
    of("m03", "label that Python does not know", "Enum(Same)", "ENUM('open', 'shut', 'lost')"),
    of("m04", "other order", f"Enum(Letter, {VALUES})", "ENUM('b', 'a', 'c')"),
    of("m05", "label in another case", "Enum(Same)", "ENUM('open', 'Shut')"),
    checked("m06", "CHECK lacks a label", "Same", "state IN ('open')"),
    of("m07", "VARCHAR too short", "Enum('ok', 'in review', native_enum=False)", "VARCHAR(4)"),
    of("m08", "rows hold an unknown value", f"Enum(Same, {CHECKED})", "VARCHAR(20)", "open", "lost"),
)
MARIADB_HEALTHY = (
    of("n01", "ENUM of the same labels", "Enum(Same)", "ENUM('open', 'shut')"),
    checked("n02", "CHECK of the same labels", "Same", "state IN ('open', 'shut')"),
)
SQLITE = (
    checked("s01", "CHECK lacks a label", "Same", "state IN ('open')"),
    checked("s02", "names sent, the CHECK has the values", "Status", "state IN ('New', 'Not a Fit', 'Done')"),
    checked("s03", "label that Python does not know", "Same", "state IN ('open', 'shut', 'lost')"),
    of("s04", "rows hold an unknown value", f"Enum(Same, {CHECKED})", "VARCHAR(20)", "open", "lost"),
)
SQLITE_HEALTHY = (
    checked("t01", "CHECK of the same labels", "Same", "state IN ('open', 'shut')"),
    of("t02", "text without a CHECK", "Enum(Same, native_enum=False, length=20)", "VARCHAR(20)", "open"),
)
