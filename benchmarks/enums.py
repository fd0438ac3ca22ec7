"""What 1 000 enum columns in 500 tables cost: `python benchmarks/enums.py [ROUNDS]`.

Each column has an enum type of its own in a private PostgreSQL. In turn, on new connections whose opening
does not count: all that the gate asks of the catalogue (types, tables, columns, domains, checks), and
SQLAlchemy's inspector, which reflects the enum types alone (``get_enums()``). The statements of the gate are
counted for 1 000 and for 10 columns. The whole gate connects, decodes and judges as well.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from _side_by_side import fail

from pytest_prodready.codec import decode
from pytest_prodready.facts import Database, Entry, EnumColumn, Facts, InspectedEntry, Mapping
from pytest_prodready.findings import Outcome
from pytest_prodready.inspector.database import postgresql, reading
from pytest_prodready.inspector.database.session import SQLAlchemySession
from pytest_prodready.inspector.database.wanted import wanted
from pytest_prodready.inspector.project import Project
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import enum_column, family

sys.path.append(str(Path(__file__).parent.parent / "examples"))
from postgres import NoPostgresError, create_database, postgres

TABLES, IN_TABLE, LABELS = 500, 2, 10
GOAL = 2.0
LIMIT = 60.0
NAMES = [f"label_{at}" for at in range(LABELS)]


def statements() -> str:
    """The SQL that makes the database."""
    labels = ", ".join(f"'{name}'" for name in NAMES)
    made = []
    for table in range(TABLES):
        columns = [f"c{at} kind_{table}_{at}" for at in range(IN_TABLE)]
        made += [f"CREATE TYPE kind_{table}_{at} AS ENUM ({labels})" for at in range(IN_TABLE)]
        made.append(f"CREATE TABLE t{table} (id int PRIMARY KEY, name varchar(20), {', '.join(columns)})")
    return ";\n".join(made)


def mapped(tables: int) -> tuple[EnumColumn, ...]:
    """What the mapping says of the first tables."""
    return tuple(
        EnumColumn(
            table=f"t{table}",
            column=f"c{at}",
            schema=None,
            model=f"app.T{table}",
            type_name=f"kind_{table}_{at}",
            type_schema=None,
            sends=tuple(NAMES),
            reads=tuple(NAMES),
        )
        for table in range(tables)
        for at in range(IN_TABLE)
    )


def plain(columns: tuple[EnumColumn, ...]) -> dict[str, list[dict[str, object]]]:
    """The columns as the child has them."""
    return {"columns": [{"table": one.table, "column": one.column, "schema": None} for one in columns]}


def catalogue(columns: tuple[EnumColumn, ...]) -> Callable[[Any], object]:
    """What the child asks of the catalogue."""
    asked = wanted(plain(columns), "")
    return lambda connection: postgresql.catalogue(SQLAlchemySession(connection), asked)


def reflection(connection: Any) -> object:
    """What SQLAlchemy's inspector does for the enum types alone."""
    import sqlalchemy

    return sqlalchemy.inspect(connection).get_enums()


def gate(url: str, columns: tuple[EnumColumn, ...]) -> Callable[[Any], object]:
    """Connecting, reading the database, decoding what was read, and judging every column."""
    registry = Registry([family])
    entry = InspectedEntry(Entry("web", "app:app", ""), mapping=Mapping(columns=columns))
    project, known = Project("/nonexistent", ("app",)), plain(columns)

    def run(_: object) -> object:
        (answer,) = reading.read("env:U", known, project, LIMIT, {"U": url})
        database = decode(Database, answer)
        facts = Facts(root="/", entries=(entry,), databases=(database,))
        subjects = list(enum_column.subjects(facts))
        judged = [registry.judge(enum_column, subject, facts).outcome for subject in subjects]
        if judged != [Outcome.PASSED] * len(columns):
            raise RuntimeError(f"{database.detail or judged[:3]}")
        return judged

    return run


def counted(run: Callable[[Any], object], connection: Any) -> int:
    """The statements that a run sends."""
    import sqlalchemy

    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    sqlalchemy.event.listen(connection, "before_cursor_execute", note)
    run(connection)
    return len(seen)


def main(rounds: int) -> int:
    """Measure and print; gives the exit status."""
    import sqlalchemy

    columns = mapped(TABLES)
    times: dict[str, list[float]] = {}
    with postgres() as server:
        url = create_database(server, f"bench_{os.getpid()}", statements() + ";\nANALYZE")
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        runs = {"get_enums()": reflection, "catalogue": catalogue(columns), "whole gate": gate(url, columns)}
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            few, many = (counted(catalogue(some), connection) for some in (mapped(5), columns))
        for number in range(-2, rounds):
            for name, run in list(runs.items())[:: 1 if number % 2 else -1]:
                with engine.connect() as connection:
                    started = time.perf_counter()
                    run(connection)
                    took = time.perf_counter() - started
                if number >= 0:
                    times.setdefault(name, []).append(took)
    print(
        f"{len(columns)} enum columns in {TABLES} tables: Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {rounds} rounds"
    )
    print(f"{'':<12}{'median':>10}{'fastest':>10}{'ratio':>8}{'fastest':>9}")
    base = times["get_enums()"]
    for name, seconds in times.items():
        print(
            f"{name:<12}{1000 * median(seconds):>7.0f} ms{1000 * min(seconds):>7.0f} ms"
            f"{median(seconds) / median(base):>8.2f}{min(seconds) / min(base):>9.2f}"
        )
    ratio = median(times["catalogue"]) / median(base)
    print(f"goal: a ratio of at most {GOAL:g} for the catalogue, which is more than the enum types")
    print(f"statements: {many} for {len(columns)} columns, {few} for {5 * IN_TABLE}")
    return 0 if ratio <= GOAL and many == few else 1


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
    except (NoPostgresError, RuntimeError) as error:
        fail(error)
