"""What the tests share."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpcore
import importlib_metadata
import pytest

import pytest_prodready.access.common
import pytest_prodready.setup

sys.path.append(str(Path(__file__).parent.parent / "examples"))  # the examples are scripts, no package

from postgres import NoPostgresError, create_database, postgres
from stage import copy_example, environment

from tests.servers import mariadb
from tests.services import missing
from tests.support import MATRIX, Example

pytest_plugins = ["pytester", "tests.django_project"]

# pytester restores sys.modules and sys.meta_path after an inner run: what an inner run imports first exists
# twice afterwards, and of what importlib_metadata does to the standard library's finder half is undone.
# httpx imports httpcore when it is first used, and knows the exceptions of that one only.
IMPORTED_BEFORE_ANY_INNER_RUN = (
    httpcore,
    importlib_metadata,
    pytest_prodready.access.common,
    pytest_prodready.setup,
)
with contextlib.suppress(ImportError):  # a compiled module that is loaded twice crashes the interpreter
    import asyncpg  # noqa: F401 - as above

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created; it runs for the whole session.

    Without one the test is skipped with its reason, unless PRODREADY_REQUIRE_SERVICES names postgres.
    """
    try:
        server = postgres()
        url = server.__enter__()
    except NoPostgresError as reason:
        missing("postgres", str(reason))
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def mariadb_server() -> str:
    """The URL of a MariaDB server on which databases may be created (see :func:`tests.servers.database`).

    Without one the test is skipped with its reason, unless PRODREADY_REQUIRE_SERVICES names mariadb.
    """
    return mariadb()


@pytest.fixture
def example(
    pytester: pytest.Pytester, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Example]:
    """Copy the curation example, with a fault or healthy, and give it its own database and environment."""

    for module in ("asyncpg", "celery", "fastapi", "sqlalchemy", "uvicorn"):
        pytest.importorskip(module)

    def make(fault: str | None = None) -> Example:
        root = copy_example(pytester.path / "project", fault)
        name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_NUMBERS)}"
        url = create_database(postgres_server, name, (root / "schema.sql").read_text(encoding="utf-8"))
        for variable, value in environment(url).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.chdir(root)
        return Example(root, url, pytester)

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show which fault of the examples was named with which code, level, subject and line."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [item for report in reports for item in getattr(report, "user_properties", ())]
    rows = sorted({value for name, value in properties if name == MATRIX})
    if rows:
        terminalreporter.section("incidents: fault, code, level, subject, line")
        for row in rows:
            terminalreporter.line(row)
