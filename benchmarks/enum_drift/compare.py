"""Who sees which drift of enums: this gate, Alembic, alembic-postgresql-enum, pytest-alembic, side by side.

All of them look at the same models and the same PostgreSQL database (see cases.py). The result is written
into benchmarks/enum_drift.md. `nox -s drift` runs it, with the tools installed from the package index.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import elsewhere
from _paths import HERE  # makes the next ones findable
from _side_by_side import MeasuringFailedError, fail, output_of
from cases import CASES, DJANGO_MODELS, DRIFTS, HEALTHY, MODELS, SCHEMA, Case
from postgres import NoPostgresError, create_database, postgres

REPORT = HERE.with_suffix(".md")
GATE = HERE.parent / "realapps" / "_gate.py"
LIMIT = 900
NAME = re.compile(r"\b([a-z]\d\d)_")
CRASHES = "crashes"


@dataclass(frozen=True)
class Answers:
    """What all tools say of the cases of one vendor."""

    vendor: str
    drifts: tuple[Case, ...]
    healthy: tuple[Case, ...]
    tools: dict[str, Seen]


Seen = dict[str, list[str]]
"""Name of a case → what a tool says of it."""

SHOP = """
from urllib.parse import urlsplit

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"
django.setup()
"""
APPLICATION = """
def application(environ, start_response):
    start_response("200 OK", [])
    return []
"""
SETTINGS = """
import os
from urllib.parse import urlsplit

parts = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "none"
INSTALLED_APPS = ["orders"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
}
"""
PYPROJECT = """
[tool.prodready]
app = "shop:application"
packages = ["shop", "shop_settings", "orders"]

[tool.prodready.database]
url = "env:DATABASE_URL"
scan = true
"""
DIFFERENCES = '''
import json
import sys

if sys.argv[1] == "enum":
    import alembic_postgresql_enum

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

import shop


def operations(one):
    inner = getattr(one, "ops", None)
    if inner is None:
        yield type(one).__name__ + " " + " ".join(map(repr, vars(one).values()))
    for other in inner or ():
        yield from operations(other)


def differences(name):
    """Of one case alone: one that a tool cannot bear hides nothing of the others."""

    def wanted(found, kind, parents):
        return kind != "table" or found.startswith(name)

    metadata = MetaData()
    for table in shop.Base.metadata.tables.values():
        if table.name.startswith(name):
            table.to_metadata(metadata)
    if not metadata.tables:  # Django's
        return []
    with shop.engine.connect() as connection:
        schemas = connection.dialect.name == "postgresql"  # elsewhere they are other people's databases
        options = {"compare_type": True, "include_schemas": schemas, "include_name": wanted}
        context = MigrationContext.configure(connection, opts={**options, "target_metadata": metadata})
        try:
            found = produce_migrations(context, metadata).upgrade_ops
        except Exception as error:
            return [f"crashes ({type(error).__name__}) {name}_"]
        return list(operations(found))


found = {name: differences(name) for name in sys.argv[3:]}
json.dump(found, open(sys.argv[2], "w"))
'''
ENV = """
from alembic import context

import shop


def wanted(thing, found, kind, reflected, other):
    return not (kind == "table" and reflected and other is None)


with context.config.attributes["connection"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=shop.Base.metadata,
        compare_type=True,
        include_schemas=connection.dialect.name == "postgresql",
        include_object=wanted,
    )
    with context.begin_transaction():
        context.run_migrations()
"""
MIGRATION = """
from pathlib import Path

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    for statement in Path("schema.sql").read_text().split(";\\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade():
    pass
"""
CONFTEST = """
import pytest

import shop


@pytest.fixture
def alembic_config():
    return {"script_location": "migrations"}


@pytest.fixture
def alembic_engine():
    return shop.engine
"""


def lay_out(project: Path, cases: tuple[Case, ...], before: str = "") -> None:
    """Write the application that has all models, and the migration that makes the database."""
    alchemy = "\n\n".join(case.models for case in cases if case.models)
    django = "\n\n".join(case.django for case in cases if case.django)
    files = {
        "pyproject.toml": PYPROJECT,
        "shop.py": f"{MODELS}\n\n{alchemy}\n{SHOP if django else ''}\n{APPLICATION}",
        "shop_settings.py": SETTINGS,
        "orders/__init__.py": "",
        "orders/models.py": f"{DJANGO_MODELS}\n\n{django}",
        "differences.py": DIFFERENCES,
        "schema.sql": before + "\n".join(case.sql for case in cases),
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
        "migrations/versions/1.py": MIGRATION,
        "conftest.py": CONFTEST,
        "test_alembic.py": "from pytest_alembic.tests import test_model_definitions_match_ddl\n",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")


def ours(project: Path, environ: dict[str, str]) -> Seen:
    """What the gate's findings say."""
    told = project / "told.json"
    command = [sys.executable, str(GATE), str(told), "-q", "--prodready-select=PRD30"]
    output = output_of(command, project, environ, LIMIT)
    if not told.is_file():
        raise MeasuringFailedError(f"the gate told nothing:\n{output[-4000:]}")
    answer = json.loads(told.read_text(encoding="utf-8"))
    if any(one["problem"] for one in answer["facts"]["databases"]) or answer["facts"]["problems"]:
        raise MeasuringFailedError(
            f"the gate could not look: {answer['facts']['problems']}\n{output[-4000:]}"
        )
    seen: Seen = {}
    for finding in answer["findings"]:
        for name in NAME.findall(finding["subject"]):
            level = "" if finding["level"] == "error" else f" ({finding['level']})"
            seen.setdefault(name, []).append(finding["code"] + level)
    return seen


def differences(project: Path, environ: dict[str, str], which: str, cases: tuple[Case, ...]) -> Seen:
    """What autogenerate says, alone or with alembic-postgresql-enum."""
    file = project / f"{which}.json"
    names = [case.name for case in cases]
    output_of([sys.executable, "differences.py", which, str(file), *names], project, environ, LIMIT)
    seen: Seen = {}
    for name, operations in json.loads(file.read_text(encoding="utf-8")).items():
        for operation in operations:
            if name in NAME.findall(operation):
                crashed = operation.startswith(CRASHES)
                what = operation.removesuffix(f" {name}_") if crashed else operation.partition(" ")[0]
                seen.setdefault(name, []).append(what)
    return seen


def pytest_alembic(project: Path, environ: dict[str, str]) -> Seen:
    """What pytest-alembic's test of models and migrations says, on a database that the migration makes."""
    # its own collector (--test-alembic) does not know the newest pytest; its tests may be imported instead
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=short",
        "test_alembic.py",
    ]
    done = subprocess.run(
        command, cwd=project, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode and "AlembicTestFailure" not in done.stdout:
        raise MeasuringFailedError(
            f"pytest-alembic came to no verdict:\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
        )
    seen: Seen = {}
    operation = ""
    for line in done.stdout.splitlines():
        if line.startswith("E "):
            begun = re.search(r"\bop\.(\w+)\(", line)
            operation = begun[1] if begun else operation
            for name in NAME.findall(line):
                seen.setdefault(name, []).append(operation)
    return seen


def looked(project: Path, filled: str, empty: str, cases: tuple[Case, ...]) -> dict[str, Seen]:
    """What each tool says; ``filled`` is the URL of the database, ``empty`` of one for the migration."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    there, migrated = ({**environ, "DATABASE_URL": url} for url in (filled, empty))
    return {
        "pytest-prodready": ours(project, there),
        "alembic": differences(project, there, "plain", cases),
        "alembic-postgresql-enum": differences(project, there, "enum", cases),
        "pytest-alembic": pytest_alembic(project, migrated),
    }


def on_postgresql(directory: Path) -> Answers:
    """The forty drifts and their neighbours on PostgreSQL."""
    lay_out(directory, CASES, SCHEMA)
    statements = (directory / "schema.sql").read_text(encoding="utf-8")
    with postgres() as server:
        urls = [
            urlsplit(create_database(server, name, sql))._replace(scheme="postgresql+psycopg").geturl()
            for name, sql in (("drift", statements), ("drift_migrated", "SELECT 1"))
        ]
        return Answers("PostgreSQL", DRIFTS, HEALTHY, looked(directory, urls[0], urls[1], CASES))


def on_mariadb(directory: Path) -> Answers:
    """Those of MariaDB.

    Raises:
        pymysql.MySQLError: no server answers.
    """
    import pymysql

    server = os.environ.get("PRODREADY_TEST_MARIADB", "mysql://root@127.0.0.1:3306")
    cases = (*elsewhere.MARIADB, *elsewhere.MARIADB_HEALTHY)
    lay_out(directory, cases)
    parts = urlsplit(server)
    names = ("prodready_drift", "prodready_drift_migrated")
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        try:
            for name in names:
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")
                cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            cursor.execute(f"USE {names[0]}")
            for statement in (directory / "schema.sql").read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
            urls = [parts._replace(scheme="mysql+pymysql", path=f"/{name}").geturl() for name in names]
            answers = looked(directory, urls[0], urls[1], cases)
        finally:
            for name in names:
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")
    return Answers("MariaDB", elsewhere.MARIADB, elsewhere.MARIADB_HEALTHY, answers)


def on_sqlite(directory: Path) -> Answers:
    """Those of SQLite."""
    cases = (*elsewhere.SQLITE, *elsewhere.SQLITE_HEALTHY)
    lay_out(directory, cases)
    with closing(sqlite3.connect(directory / "filled.db")) as connection:
        connection.executescript((directory / "schema.sql").read_text(encoding="utf-8"))
    urls = [f"sqlite:///{directory}/{name}.db" for name in ("filled", "empty")]
    answers = looked(directory, urls[0], urls[1], cases)
    return Answers("SQLite", elsewhere.SQLITE, elsewhere.SQLITE_HEALTHY, answers)


def main() -> None:
    """Run all of them, write the report, and fail where the gate missed a drift or saw one that is none."""
    found, wrong = [], []
    for on in (on_postgresql, on_mariadb, on_sqlite):
        with tempfile.TemporaryDirectory(prefix="prodready-drift-") as directory:
            answers = on(Path(directory))
        found.append(answers)
        for name, seen in answers.tools.items():
            drifts, healthy = count(seen, answers.drifts), count(seen, answers.healthy)
            print(f"{answers.vendor}, {name}: {drifts} of {len(answers.drifts)} drifts, {healthy} healthy")
        gate = answers.tools["pytest-prodready"]
        wrong += [f"missed {case.name}" for case in answers.drifts if case.name not in gate]
        wrong += [f"is wrong about {case.name}" for case in answers.healthy if case.name in gate]
    REPORT.write_text(report(found), encoding="utf-8")
    if wrong:
        raise MeasuringFailedError(f"the gate {', '.join(wrong)}")


def count(seen: Seen, cases: tuple[Case, ...]) -> int:
    """How many of the cases a tool says something about."""
    return sum(any(not what.startswith(CRASHES) for what in seen.get(case.name, ())) for case in cases)


def report(found: list[Answers]) -> str:
    """The report as Markdown."""
    names = list(found[0].tools)
    heads = ["pytest-prodready", *(f"{name} {version(name)}" for name in names[1:])]
    lines = [
        "# Drifting enums: who sees which",
        "",
        "Written by `nox -s drift`. Forty ways in which a model and PostgreSQL drift apart, and ten healthy",
        "neighbours, all in one database ([cases](enum_drift/cases.py)); then those that MariaDB and SQLite",
        "can have ([elsewhere](enum_drift/elsewhere.py)). Each tool looks at the same models and statements",
        f"([compare](enum_drift/compare.py)); SQLAlchemy is {version('sqlalchemy')}.",
        "",
        "- alembic: what `alembic check` compares, with `compare_type`, on PostgreSQL `include_schemas`;",
        "- alembic-postgresql-enum: the same with that package imported;",
        "- pytest-alembic: its `test_model_definitions_match_ddl`, on a database that a migration has made.",
        "",
        "A tool sees a drift when it names the table or the type of the case, whatever it says of it: an",
        "operation that would drop the type counts, too. The others write migrations; Django's models and",
        "stored rows lie outside their purpose.",
        "",
    ]
    for one in found:
        for title, cases, last in (("drifts", one.drifts, "seen"), ("healthy", one.healthy, "false alarms")):
            totals = " | ".join(f"**{count(seen, cases)}**" for seen in one.tools.values())
            lines += [f"## {one.vendor}: {title}", "", *table(heads, cases, one.tools)]
            lines += [f"| **{last}** | of {len(cases)} | {totals} |", ""]
    return "\n".join(lines)


def table(heads: list[str], cases: tuple[Case, ...], tools: dict[str, Seen]) -> list[str]:
    """Rows of Markdown: a case each."""
    lines = [f"| | case | {' | '.join(heads)} |", f"|---|---|{'---|' * len(heads)}"]
    for case in cases:
        cells = [", ".join(dict.fromkeys(seen.get(case.name, ["-"]))) for seen in tools.values()]
        lines.append(f"| {case.name} | {case.title.replace('|', chr(92) + '|')} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    try:
        main()
    except (MeasuringFailedError, NoPostgresError) as error:
        fail(error)
